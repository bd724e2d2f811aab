"""Typed records and examples of Arrow batches equal those of whole tables."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from fabricate import BY_NAME
from hypothesis import given, settings
from hypothesis import strategies as st

from sakon import kinds
from sakon.errors import DataError
from sakon.problem import InputSpec
from sakon.records.splitting import content_ids
from sakon.spark.arrow_batches import (
    FEATURE_HASH,
    RAW_ROW,
    RecordTyping,
    parse_timestamps,
    transform_batches,
    type_batches,
)


def to_batches(table: pd.DataFrame, size: int) -> Iterator[pa.RecordBatch]:
    return iter(pa.Table.from_pandas(table, preserve_index=False).to_batches(max_chunksize=size))


@given(size=st.integers(3, 70))
@settings(max_examples=5, deadline=None)
def test_types_do_not_depend_on_the_batch(size: int) -> None:
    case = BY_NAME["tabular_classification"]
    raw = case.raw.head(70).assign(**{RAW_ROW: range(70)})
    raw["code"] = raw["rooms"].where(raw[RAW_ROW] % 7 > 0)  # 3.0 in batches with missing values, else 3
    problem = case.problem.model_copy(update={"options": {"category": ["code", "rooms"]}})
    records, schema = kinds.get("tabular").make_records(raw.drop(columns=RAW_ROW), problem)
    typed = pa.Table.from_batches(list(type_batches(to_batches(raw, size), RecordTyping(schema)))).to_pandas()
    for name in records:
        assert typed[name].astype(object).where(typed[name].notna(), "-").tolist() == (
            records[name].astype(object).where(records[name].notna(), "-").tolist()
        )
    assert (pd.factorize(typed[FEATURE_HASH])[0] == content_ids(records, schema)).all()


def test_timestamps_are_numbers_or_microseconds() -> None:
    assert parse_timestamps(pd.Series([3, 1]), by_days=False).tolist() == [3.0, 1.0]
    parsed = parse_timestamps(pd.Series(["1970-01-02", "1970-01-01 00:00:01", "soon", None]), by_days=True)
    assert parsed.tolist()[:2] == [86_400e6, 1e6]
    assert parsed.isna().tolist() == [False, False, True, True]
    local = pd.Series(["1970-01-02 00:00:00+09:00", "1970-01-02"])
    assert parse_timestamps(local, by_days=True).tolist() == [86_400e6] * 2  # configured days are local
    stored = pd.Series(pd.to_datetime(["1970-01-02"])).dt.tz_localize("Asia/Tokyo")
    assert parse_timestamps(stored, by_days=True).tolist() == [86_400e6]
    assert parse_timestamps(stored, by_days=False).tolist() == [15 * 3600e6]


def test_infinite_target_is_an_error() -> None:
    case = BY_NAME["tabular_regression"]
    kind = kinds.get("tabular")
    records, schema = kind.make_records(case.raw, case.problem)
    preprocessor = kind.fit_preprocessor(records, schema, case.problem)
    width = len(preprocessor.get_feature_names_out())
    spec = InputSpec(kind="tabular", task="regression", shape=(width,), target_scale=1.0)
    records.loc[7, "outcome"] = np.inf
    with pytest.raises(DataError, match=r"NaN or infinity in 1 of 240 .*record 7"):
        list(transform_batches(to_batches(records.assign(row=records.index), 500), preprocessor, spec, schema))
