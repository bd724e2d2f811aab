"""The inputs of every table that the schema admits are finite numbers, also those of new data.

Ten examples in the normal suite; `SAKON_EXAMPLES=1000` tries as many.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from generated_files import example_settings
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from sakon import kinds
from sakon.errors import DataError
from sakon.models.predictions import check_finite_inputs
from sakon.pipelines.preprocessing.nodes import check_examples, fit_preprocessor, transform
from sakon.problem import Problem

TABULAR = kinds.get("tabular")
ROWS = 30
MISSING = st.sampled_from([None, np.nan])
TEXTS = st.one_of(st.sampled_from(["", " ", "a", "b", "None", "nan", "(missing)", "1", "01"]), st.text(max_size=6))
NUMBERS = {
    "huge": st.floats(-3.4e38, 3.4e38),
    "tiny": st.floats(-1e-300, 1e-300),
    "usual": st.floats(-1e6, 1e6),
    "whole": st.integers(-(2**53), 2**53),
    "nearly constant": st.sampled_from([1e15, 1e15 + 1, 1e15 - 1]),
    "constant": st.just(7.25),
}
DATES = st.datetimes(datetime(1700, 1, 1), datetime(2250, 1, 1))
COLUMNS = {
    **NUMBERS,
    "categories": st.sampled_from(["red", "green", "blue"]),
    "texts": TEXTS,
    "booleans": st.booleans(),
    "dates": DATES,
    "texts of dates": DATES.map(lambda value: value.strftime("%Y-%m-%d")),
    "dates of a zone": DATES.map(lambda value: value.replace(tzinfo=UTC)),
    "codes": st.integers(0, 60).map(lambda value: f"{value:03d}"),
    "mixed": st.one_of(st.integers(), st.booleans(), TEXTS),
}
NEW_VALUES = {
    "number": st.one_of(*NUMBERS.values(), MISSING),
    "category": st.one_of(TEXTS, st.integers(), st.booleans(), MISSING),
    "boolean": st.one_of(st.booleans(), st.sampled_from(["true", "False", " 1", "0", ""]), MISSING),
    "date": st.one_of(DATES, st.sampled_from(["2023-02-28", "0001-01-01", "9999-12-31", ""]), MISSING),
}


@dataclass(frozen=True)
class Table:
    """Raw data, and which of its columns are declared to be categories."""

    raw: pd.DataFrame
    categories: list[str]


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Draw a raw table with a target of two classes."""
    columns, categories = {}, []
    for index in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(sorted(COLUMNS)))
        strategy = COLUMNS[kind] if draw(st.booleans()) else st.one_of(COLUMNS[kind], MISSING)
        columns[f"c{index}"] = pd.Series(draw(st.lists(strategy, min_size=ROWS, max_size=ROWS)), dtype=object)
        if kind in NUMBERS or kind == "booleans":
            columns[f"c{index}"] = columns[f"c{index}"].infer_objects()
        if draw(st.integers(0, 4)) == 0:
            categories.append(f"c{index}")
    return Table(pd.DataFrame(columns).assign(y=["a", "b", "c"] * (ROWS // 3)), categories)


@settings(example_settings(), suppress_health_check=list(HealthCheck))
@given(tables(), st.data())
def test_inputs_of_train_and_of_new_data_are_finite(table: Table, data: st.DataObject) -> None:
    problem = Problem(kind="tabular", target="y", options={"category": table.categories})
    try:
        records, schema = TABULAR.make_records(table.raw, problem)
        train, *others = TABULAR.split(records, schema, problem)
    except DataError:
        event("not admitted by the schema")
        return
    numbers_and_dates = [name for name, column_type in schema.features.items() if column_type != "category"]
    if len(numbers_and_dates) == len(schema.features) and train[numbers_and_dates].isna().all(axis=None):
        with pytest.raises(DataError, match="Train: expected at least one feature with values"):
            fit_preprocessor(train, schema, problem)
        return
    preprocessor, input_spec = fit_preprocessor(train, schema, problem)
    check_examples(transform(train, preprocessor, input_spec, schema))
    for records_of_split in others:
        examples = transform(records_of_split, preprocessor, input_spec, schema)
        assert np.isfinite(examples.x).all() or is_far_beyond(train, records_of_split)
    rows = data.draw(st.integers(1, 4))
    new = pd.DataFrame(
        {
            name: pd.Series(data.draw(st.lists(NEW_VALUES[column_type], min_size=rows, max_size=rows)), dtype=object)
            for name, column_type in schema.features.items()
        }
    )
    readable, _ = TABULAR.separate_unreadable(new, schema)
    new_records = TABULAR.from_request(readable, schema)
    x = TABULAR.transform(preprocessor, new_records, schema, input_spec)
    assert x.shape == (rows, *input_spec.shape)
    if not np.isfinite(x).all():  # the champion refuses such inputs
        assert is_far_beyond(train, new_records)
        with pytest.raises(DataError, match="expected numbers that a model can read"):
            check_finite_inputs(x, input_spec)


def is_far_beyond(train: pd.DataFrame, records: pd.DataFrame) -> bool:
    """Return whether some number is so far from those of train that its standardised value exceeds float32."""
    limit = float(np.finfo(np.float32).max)
    numbers = [name for name in train.select_dtypes("float64") if train[name].notna().any()]
    return any(
        (((records[name] - train[name].mean()).abs() / (train[name].std(ddof=0) or 1)).max() > limit / 10)
        or train[name].std(ddof=0) < np.finfo(float).tiny ** 0.5
        for name in numbers
    )
