"""From raw data to records and their profile."""

from __future__ import annotations

from typing import Any

import numpy as np

from sakon import kinds
from sakon.lazy import pd
from sakon.problem import Problem, Schema
from sakon.records.profiling import profile
from sakon.records.splitting import check_row_column


def make_records(raw: Any, problem: Problem) -> tuple[pd.DataFrame, Schema, dict[str, Any]]:
    """Turn raw data into records, and refuse what could not be learnt from.

    Args:
        raw: What the catalog's `raw` loads.
        problem: What is to be learnt.

    Returns:
        The records, their schema, their profile.

    Raises:
        DataError: Naming every fault found, before anything is written.
    """
    kind = kinds.get(problem.kind)
    records, schema = kind.make_records(raw, problem)
    check_row_column(records)
    kinds.check_task(problem, schema)
    kind.split(records, schema, problem)  # refuses what cannot be split while nothing is written yet
    without_target = int(pd.isna(pd.Series(list(raw[problem.target]))).sum()) if problem.target in raw else 0
    return records, schema, profile(records, schema, len(records) + without_target)


def check_records(records: pd.DataFrame) -> None:
    """Refuse records that are empty, name a column twice, or hold infinite numbers.

    Raises:
        ValueError: Saying what is wrong.
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
