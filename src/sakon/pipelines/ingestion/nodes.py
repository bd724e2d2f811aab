"""Records, schema and profile of raw data."""

from __future__ import annotations

import numpy as np

from sakon import kinds
from sakon.kinds import RawData
from sakon.lazy import pd
from sakon.problem import DataProfile, Problem, Schema
from sakon.records.missing_values import stands_for_missing
from sakon.records.profile import profile
from sakon.records.raw_types import normalize_column, normalize_name
from sakon.records.splitting import check_reserved_names


def make_records(raw: RawData, problem: Problem) -> tuple[pd.DataFrame, Schema, DataProfile]:
    """Turn raw data into records, and check that they can be split.

    Args:
        raw: Raw data, as loaded from the catalog.
        problem: Configuration of the problem.

    Returns:
        The records, their schema and their profile.

    Raises:
        DataError: With one message per error, before anything is written.
    """
    kind = kinds.get(problem.kind)
    records, schema = kind.make_records(raw, problem)
    check_reserved_names(schema, problem.split)
    kinds.check_task(problem, schema)
    examples = kind.count_examples(records, schema, problem)
    without_target = _count_missing_targets(raw, problem.target, schema)
    return records, schema, profile(records, schema, len(records) + without_target, examples)


def _count_missing_targets(raw: RawData, target: str, schema: Schema) -> int:
    """Return the number of rows without a target, whatever type the raw data have and however blanks surround names."""
    values = next((raw[str(name)] for name in raw if normalize_name(name) == target), ())
    column = values if isinstance(values, pd.Series) else pd.Series(np.ravel(values))
    column = normalize_column(column)
    return int((column.isna() | stands_for_missing(column, schema.missing_values.get(target, ()))).sum())


def check_records(records: pd.DataFrame) -> None:
    """Refuse records that are empty, name a column twice, or hold infinite numbers.

    Raises:
        ValueError: With the first error.
    """
    if records.empty:
        raise ValueError("expected rows, found none")
    if records.columns.has_duplicates:
        raise ValueError(
            f"expected every column once, found {list(records.columns[records.columns.duplicated()])} twice"
        )
    numbers = records.select_dtypes("number")
    infinite = numbers.columns[np.isinf(numbers.to_numpy(dtype=float)).any(axis=0)]
    if len(infinite):
        raise ValueError(f"expected finite numbers, found infinity in {list(infinite)}")
