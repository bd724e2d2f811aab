"""Columns are typed alike in training and at prediction, whatever they look like."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fabricate import BY_NAME

from sakon import kinds
from sakon.errors import DataError
from sakon.kinds import tabular
from sakon.problem import InputSpec, Problem

TABULAR = kinds.get("tabular")


def raw(rows: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "size": rng.integers(1, 9, rows),
            "code": rng.integers(1, 4, rows),
            "member": rng.random(rows) < 0.5,
            "since": pd.Series(pd.date_range("2020-01-01", periods=rows)).dt.strftime("%Y-%m-%d"),
            "y": ["a", "b"] * (rows // 2),
        }
    )


def problem(**options: object) -> Problem:
    return Problem(kind="tabular", target="y", options=options)


def test_columns_find_their_types() -> None:
    records, schema = TABULAR.make_records(raw(), problem(category=["code"]))
    assert schema.features == {"size": "number", "code": "category", "member": "boolean", "since": "date"}
    assert schema.classes == ("a", "b")
    assert set(records["code"]) == {"1", "2", "3"}


def test_a_code_is_the_same_where_missing_values_made_it_a_fraction() -> None:
    table = raw()
    _, schema = TABULAR.make_records(table, problem(category=["code"]))
    request = table.drop(columns="y").assign(code=table["code"].astype(float).where(table.index > 0))
    codes = TABULAR.from_request(request, schema)["code"]
    assert codes[0] is None
    assert list(codes[1:]) == [str(code) for code in table["code"][1:]]


@pytest.mark.parametrize(("sent", "typed"), [(True, 1.0), ("false", 0.0), (1, 1.0), (None, np.nan), ("maybe", np.nan)])
def test_truth_in_every_form(sent: object, typed: float) -> None:
    _, schema = TABULAR.make_records(raw(), problem())
    request = raw().drop(columns="y").head(1).assign(member=pd.Series([sent], dtype=object))
    np.testing.assert_equal(TABULAR.from_request(request, schema)["member"].iloc[0], typed)


def test_a_request_types_raw_rows_as_ingestion_did() -> None:
    records, schema = TABULAR.make_records(raw(), problem())
    typed = TABULAR.from_request(raw().drop(columns="y"), schema)
    pd.testing.assert_frame_equal(typed, records[list(schema.features)])


def test_a_request_without_a_column_is_refused() -> None:
    _, schema = TABULAR.make_records(raw(), problem())
    with pytest.raises(DataError, match=r"found none named \['size'\]"):
        TABULAR.from_request(raw().drop(columns=["y", "size"]), schema)


def test_whole_numbers_are_classes_when_few_and_a_regression_when_many() -> None:
    few = TABULAR.make_records(raw().assign(y=np.arange(40) % 10), problem())[1]
    many = TABULAR.make_records(raw().assign(y=np.arange(40)), problem())[1]
    assert (few.task, many.task) == ("classification", "regression")


def test_inputs_are_those_of_the_fitted_transformer_to_the_bit() -> None:
    case = BY_NAME["tabular_classification"]
    kind, table = kinds.get("tabular"), case.raw
    records, schema = kind.make_records(table, case.problem)
    fitted = kind.fit_preprocessor(records.head(120), schema, case.problem)
    layout = kind.input_layout(fitted, records, schema, case.problem)
    spec = InputSpec.from_layout(layout, schema, target_mean=0, target_scale=1, fingerprint="")
    odd = table.assign(colour=table["colour"].where(table.index > 2, "violet"), member=table["member"].astype(object))
    odd.loc[4:9, ["height", "weight", "member", "since"]] = None
    odd.loc[10, "weight"] = np.inf
    for sent in (table, odd):
        typed = kind.from_request(sent, schema)
        found = kind.transform(fitted, typed, schema, spec)
        expected = fitted.transform(tabular._with_date_parts(typed))
        expected = expected.toarray() if hasattr(expected, "toarray") else expected
        np.testing.assert_array_equal(found, np.asarray(expected, np.float32))
