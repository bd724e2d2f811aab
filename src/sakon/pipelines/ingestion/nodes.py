"""From raw data to records and their profile."""

from __future__ import annotations

from typing import Any

import numpy as np

from sakon import kinds
from sakon.errors import DataError
from sakon.lazy import pd
from sakon.metrics import METRICS
from sakon.problem import Problem, Schema
from sakon.records.profiling import profile

ROW = "row"  # preprocessing numbers the records in a column of that name


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
    records, schema = kind.records(raw, problem)
    if ROW in records:
        raise DataError(
            f"Raw data: expected no column or target '{ROW}', which here numbers the records, found one; rename it, or "
            f"leave it out by problem.options.ignore."
        )
    _check_problem(problem, schema)
    kind.split(records, schema, problem)  # refuses what cannot be split while nothing is written yet
    without_target = int(pd.isna(pd.Series(list(raw[problem.target]))).sum()) if problem.target in raw else 0
    return records, schema, profile(records, schema, len(records) + without_target)


def _check_problem(problem: Problem, schema: Schema) -> None:
    if problem.class_weight is not None and not schema.classes:
        raise DataError(
            f"problem.class_weight: expected none, as '{schema.target}' has no classes (its task is {schema.task}); "
            f"leave it out."
        )
    if problem.metric is None:
        return
    if schema.task not in METRICS[problem.metric].tasks:
        raise DataError(
            f"problem.metric: expected a metric of {schema.task} (the task of target '{schema.target}'), found "
            f"'{problem.metric}', which is one of {' and '.join(METRICS[problem.metric].tasks)}; choose another or set "
            f"problem.task."
        )
    if METRICS[problem.metric].two_class_only and len(schema.classes) != 2:
        raise DataError(
            f"problem.metric: expected one for {len(schema.classes)} classes, found '{problem.metric}', which "
            f"is for two; choose f1_macro or another."
        )


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
