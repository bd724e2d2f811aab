"""Tables: inferred types, requests, inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from fabricate import BY_NAME
from hypothesis import given, settings
from hypothesis import strategies as st
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


@pytest.mark.parametrize(("sent", "typed"), [(True, 1.0), ("false", 0.0), (1, 1.0), (None, np.nan), (" ", np.nan)])
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


@pytest.mark.parametrize(
    ("column", "value", "type_"),
    [("size", "52,31", "numbers"), ("member", "maybe", "booleans"), ("since", "soon", "dates")],
)
def test_a_request_with_an_unreadable_value_is_refused(column: str, value: str, type_: str) -> None:
    _, schema = TABULAR.make_records(raw(), problem())
    request = raw().drop(columns="y").astype({column: object})
    request.loc[3, column] = value
    message = f"New records: 1 of 40 values of {column} could not be read as {type_}, such as '{value}'"
    with pytest.raises(DataError, match=message):
        TABULAR.from_request(request, schema)
    readable, unreadable = TABULAR.separate_unreadable(request, schema)
    assert [values.column for values in unreadable] == [column]
    assert TABULAR.from_request(readable, schema)[column].isna().sum() == 1


def test_codes_that_were_texts_stay_texts_and_numbers_stay_numbers() -> None:
    table = raw().assign(code=["007", "A12"] * 20, grade=[1, 2] * 20)
    records, schema = TABULAR.make_records(table, problem(category=["grade"]))
    assert schema.non_text_categories == ("grade",)
    assert records["code"].tolist() == table["code"].tolist()
    typed = TABULAR.from_request(table.assign(grade=["01", "2.0"] * 20), schema)
    assert typed["grade"].tolist() == records["grade"].tolist() == ["1", "2"] * 20


def inputs_of(table: pd.DataFrame, problem_: Problem) -> tuple[np.ndarray, InputSpec]:
    """Return the inputs of all records, by a preprocessor fitted on them."""
    records, schema = TABULAR.make_records(table, problem_)
    preprocessor = TABULAR.fit_preprocessor(records, schema, problem_)
    layout = TABULAR.input_layout(preprocessor, records, schema, problem_)
    spec = InputSpec.from_layout(layout, schema, target_mean=0, target_scale=1, fingerprint="")
    return TABULAR.transform(preprocessor, records, schema, spec), spec


def test_columns_may_be_called_as_inputs_of_others() -> None:
    plain, _ = inputs_of(raw().assign(code=["a", "b"] * 20), problem())
    table = raw().assign(code=["a", "b"] * 20, since_year=range(40), code_a=range(40))
    clashing, spec = inputs_of(table, problem())
    assert len(set(spec.features)) == len(spec.features)
    names = list(spec.features)
    assert len(set(clashing[:, names.index("since_year")].tolist())) == 40
    np.testing.assert_array_equal(clashing[:, names.index("size")], plain[:, 0])


def test_a_target_called_as_a_field_of_a_date_is_no_input() -> None:
    table = raw().drop(columns="y").assign(since_year=np.linspace(0, 1, 40))
    x, _ = inputs_of(table, Problem(kind="tabular", target="since_year"))
    y, _ = inputs_of(table.rename(columns={"since_year": "y"}), Problem(kind="tabular", target="y"))
    np.testing.assert_array_equal(x, y)


CELLS: dict[str, st.SearchStrategy[Any]] = {
    "numbers": st.floats(allow_nan=True, allow_infinity=False),
    "integers": st.integers(-(2**53), 2**53),
    "booleans": st.booleans(),
    "texts": st.one_of(st.none(), st.text(max_size=3)),
    "codes": st.sampled_from(["007", "1.10", "", "None", None]),
    "dates": st.one_of(st.none(), st.datetimes(pd.Timestamp(1700, 1, 1), pd.Timestamp(2200, 1, 1))),
}


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Draw a table of columns with any names and values, and a target."""
    rows = draw(st.integers(15, 30))
    names = draw(st.lists(st.text(min_size=1, max_size=4).map(str.strip), min_size=1, max_size=4, unique=True))
    columns = {
        name: draw(st.lists(CELLS[draw(st.sampled_from(sorted(CELLS)))], min_size=rows, max_size=rows))
        for name in names
        if name not in ("", "target")
    }
    return pd.DataFrame(columns | {"target": (["a", "b", "c"] * 10)[:rows]})


@given(table=tables())
@settings(max_examples=60)
def test_inputs_are_finite_and_of_the_declared_shape(table: pd.DataFrame) -> None:
    try:
        x, spec = inputs_of(table, Problem(kind="tabular", target="target"))
    except DataError:
        return  # a table without any value, or values that the schema does not admit
    assert x.shape == (len(table), *spec.shape)
    assert len(spec.features) == spec.shape[0]
    assert np.isfinite(x).all()


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
    request, _ = TABULAR.separate_unreadable(TABLES[name](case.raw.drop(columns=case.problem.target)), schema)
    new_records = TABULAR.from_request(request, schema)
    x = TABULAR.transform(preprocessor, new_records, schema, spec)
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x, reference_inputs(train, new_records, schema))


def test_a_number_without_values_in_train_is_no_input() -> None:
    records, schema = TABULAR.make_records(raw(), problem())
    train = records.assign(size=np.nan)
    preprocessor = TABULAR.fit_preprocessor(train, schema, problem())
    layout = TABULAR.input_layout(preprocessor, train, schema, problem())
    assert not any("size" in name for name in layout.features)
    spec = InputSpec.from_layout(layout, schema, target_mean=0, target_scale=1, fingerprint="")
    assert TABULAR.transform(preprocessor, records, schema, spec).shape == (40, len(layout.features))


def test_a_train_without_any_value_is_refused() -> None:
    records, schema = TABULAR.make_records(raw()[["size", "y"]], problem())
    with pytest.raises(
        DataError, match=r"Train: expected at least one feature with values, found none in 40 rows \(all"
    ):
        TABULAR.fit_preprocessor(records.assign(size=np.nan), schema, problem())
