"""Kinds of problems that Spark supports."""

from __future__ import annotations

from sakon import kinds
from sakon.errors import DataError
from sakon.problem import Problem


def check_kind(problem: Problem, remedy: str) -> None:
    """Check that the raw data of the problem are a table whose rows can be processed on a cluster.

    Args:
        problem: The problem.
        remedy: What the user can do otherwise.

    Raises:
        DataError: If its kind is not supported.
    """
    if not kinds.get(problem.kind).distributed:
        supported = " or ".join(name for name in kinds.names() if kinds.get(name).distributed)
        raise DataError(f"problem.kind: expected {supported} to run on Spark, found '{problem.kind}'; {remedy}.")
