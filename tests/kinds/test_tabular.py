"""Tables: inferred types, requests, inputs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fabricate import BY_NAME
from sklearn.preprocessing import StandardScaler

from sakon import kinds
from sakon.errors import DataError
from sakon.kinds import tabular
from sakon.problem import InputSpec, Problem, Schema

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


def test_column_types_are_inferred() -> None:
    records, schema = TABULAR.make_records(raw(), problem(category=["code"]))
    assert schema.features == {"size": "number", "code": "category", "member": "boolean", "since": "date"}
    assert schema.classes == ("a", "b")
    assert set(records["code"]) == {"1", "2", "3"}


@pytest.mark.parametrize(
    "since",
    [
        pd.Series(pd.date_range("2024-03-30", periods=40, tz="Europe/Berlin")),
        pd.Series(pd.date_range("2024-03-30", periods=40, tz="Asia/Tokyo")).map(pd.Timestamp.isoformat),
        pd.Series(pd.date_range("2024-03-30", periods=40, tz="Europe/Berlin")).map(str),
        pd.Series(
            [f"2024-{3 + n // 20:02d}-{n % 20 + 1:02d} 00:00{'-05:00' if n % 3 else '+09:00'}" for n in range(40)]
        ),
    ],
    ids=["stored", "offset", "offsets of a zone", "offsets of sites"],
)
def test_dates_of_a_zone_have_local_fields(since: pd.Series) -> None:
    records, schema = TABULAR.make_records(raw().assign(since=since), problem())
    assert schema.features["since"] == "date"
    assert list(records["since"].dt.hour) == [0] * 40
    first = "2024-03-30" if "-03-30" in str(since[0]) else "2024-03-01"
    assert records["since"][0] == pd.Timestamp(first)


def test_few_dates_are_read_like_all_of_them() -> None:
    days = pd.Series(pd.date_range("2024-01-01", periods=40))
    table = raw().assign(since=days.dt.strftime("%d/%m/%Y"))
    records, schema = TABULAR.make_records(table, problem())
    assert list(records["since"]) == list(days)
    schema = Schema.model_validate_json(schema.model_dump_json())
    assert schema.date_formats == {"since": "%d/%m/%Y"}
    request = table.assign(since=["03/04/2024", "2024-04-03", *[None] * 38]).drop(columns="y")
    assert list(TABULAR.from_request(request, schema)["since"].head(2)) == [pd.Timestamp("2024-04-03")] * 2


def test_numeric_codes_are_equal_with_and_without_missing_values() -> None:
    table = raw()
    _, schema = TABULAR.make_records(table, problem(category=["code"]))
    request = table.drop(columns="y").assign(code=table["code"].astype(float).where(table.index > 0))
    codes = TABULAR.from_request(request, schema)["code"]
    assert codes[0] is None
    assert list(codes[1:]) == [str(code) for code in table["code"][1:]]


@pytest.mark.parametrize(("sent", "typed"), [(True, 1.0), ("false", 0.0), (1, 1.0), (None, np.nan), ("maybe", np.nan)])
def test_booleans_in_every_form(sent: object, typed: float) -> None:
    _, schema = TABULAR.make_records(raw(), problem())
    request = raw().drop(columns="y").head(1).assign(member=pd.Series([sent], dtype=object))
    np.testing.assert_equal(TABULAR.from_request(request, schema)["member"].iloc[0], typed)


def test_requests_get_the_same_types_as_records() -> None:
    records, schema = TABULAR.make_records(raw(), problem())
    typed = TABULAR.from_request(raw().drop(columns="y"), schema)
    pd.testing.assert_frame_equal(typed, records[list(schema.features)])


def test_a_request_without_a_column_is_refused() -> None:
    _, schema = TABULAR.make_records(raw(), problem())
    with pytest.raises(DataError, match=r"found none named \['size'\]"):
        TABULAR.from_request(raw().drop(columns=["y", "size"]), schema)


def test_few_whole_numbers_are_classes_and_many_a_regression() -> None:
    few = TABULAR.make_records(raw().assign(y=np.arange(40) % 10), problem())[1]
    many = TABULAR.make_records(raw().assign(y=np.arange(40)), problem())[1]
    assert (few.task, many.task) == ("classification", "regression")


def reference_inputs(train: pd.DataFrame, records: pd.DataFrame, schema: Schema) -> np.ndarray:
    """Return the inputs computed with numpy: medians, indicators and scales of train, then one-hot columns."""
    table, fitted = tabular._expand_dates(records[list(schema.features)]), tabular._expand_dates(train)
    is_number = fitted[[*table]].map(lambda value: isinstance(value, float | np.floating)).all()
    ordered = [name for name, kind in schema.features.items() if kind in ("number", "boolean")]
    dates = [name for name, kind in schema.features.items() if kind == "date"]
    ordered += [f"{name}_{field}" for name in dates for field in tabular.DATE_FIELDS]
    numbers = [name for name in ordered if is_number[name] and fitted[name].notna().any()]
    columns, marks = [], []
    for name in numbers:
        known = fitted[name].to_numpy(float)
        for values, target in ((known, None), (table[name].to_numpy(float), columns)):
            filled = np.where(np.isnan(values), np.nanmedian(known), values)
            if target is None:
                scaler = StandardScaler().fit(filled[:, None])
            else:
                target.append((filled - scaler.mean_[0]) / scaler.scale_[0])
        if np.isnan(known).any():
            missing = np.isnan(known)
            scaler = StandardScaler().fit(missing[:, None].astype(float))
            marks.append((np.isnan(table[name].to_numpy(float)) - scaler.mean_[0]) / scaler.scale_[0])
    for name, kind in schema.features.items():
        if kind == "category":
            columns_of_marks = [table[name].to_numpy() == level for level in sorted(set(fitted[name]))]
            marks += [np.asarray(column, float) for column in columns_of_marks]
    return np.stack([*columns, *marks], axis=1).astype(np.float32)


TABLES = {
    "as fitted": lambda table: table,
    "unseen categories": lambda table: table.assign(colour=table["colour"].where(table.index > 2, "violet")),
    "missing values": lambda table: table.apply(lambda column: column.astype(object).where(table.index > 5, None)),
    "infinite numbers": lambda table: table.assign(weight=table["weight"].where(table.index > 2, np.inf)),
    "booleans as objects": lambda table: table.assign(member=table["member"].astype(object)),
    "one row": lambda table: table.head(1),
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("chunk_rows", [7, 50_000])
def test_inputs_equal_a_numpy_reference_to_the_bit(name: str, chunk_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    case = BY_NAME["tabular_classification"]
    records, schema = TABULAR.make_records(case.raw, case.problem)
    train = records.head(120)
    preprocessor = TABULAR.fit_preprocessor(train, schema, case.problem)
    layout = TABULAR.input_layout(preprocessor, train, schema, case.problem)
    spec = InputSpec.from_layout(layout, schema, target_mean=0, target_scale=1, fingerprint="")
    monkeypatch.setattr(tabular, "CHUNK_ROWS", chunk_rows)
    new_records = TABULAR.from_request(TABLES[name](case.raw.drop(columns=case.problem.target)), schema)
    x = TABULAR.transform(preprocessor, new_records, schema, spec)
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x, reference_inputs(train, new_records, schema))
