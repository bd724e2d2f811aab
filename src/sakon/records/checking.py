"""Whether what was found in raw data fits what the problem says of them."""

from __future__ import annotations

from collections.abc import Iterable

from sakon.errors import DataError
from sakon.metrics import METRICS
from sakon.problem import Problem, Schema

ROW = "row"
"""Column in which preprocessing numbers the records."""


def check_row(columns: Iterable[object]) -> None:
    """Refuse records with a column of the name that is used for their numbers.

    Raises:
        DataError: If there is one.
    """
    if ROW in columns:
        raise DataError(
            f"Raw data: expected no column or target '{ROW}', which here numbers the records, found one; rename it, or "
            f"leave it out by problem.options.ignore."
        )


def check_problem(problem: Problem, schema: Schema) -> None:
    """Refuse weights and a metric that do not fit the task that was found.

    Raises:
        DataError: Naming the parameter.
    """
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
    if METRICS[problem.metric].binary_only and len(schema.classes) != 2:
        raise DataError(
            f"problem.metric: expected one for {len(schema.classes)} classes, found '{problem.metric}', which "
            f"is for two; choose f1_macro or another."
        )
