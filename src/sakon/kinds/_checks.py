"""Checks of a problem against the kinds and metrics that exist, and against its data."""

from __future__ import annotations

from collections.abc import Mapping

from sakon.errors import DataError, did_you_mean
from sakon.kinds import _registry as kinds
from sakon.metrics import METRICS
from sakon.problem import Problem, Schema
from sakon.validation import validation_errors


def problem_errors(block: object) -> list[str]:
    """Return a sentence for every error in the block `problem` of the parameters.

    `Problem` checks its own types; which kinds, options and metrics exist is checked here.

    Args:
        block: Value of the parameter `problem`.
    """
    errors = validation_errors("problem", block, Problem)
    if not isinstance(block, Mapping):
        return errors
    kind, metric, options = (block.get(name) for name in ("kind", "metric", "options"))
    if isinstance(kind, str) and kind not in kinds.names():
        errors.append(f"Parameter problem.kind: unknown kind '{kind}'{did_you_mean(kind, kinds.names())}")
    elif isinstance(kind, str) and isinstance(options, Mapping):
        errors += validation_errors("problem.options", options, kinds.get(kind).options_class)
    if isinstance(metric, str) and metric not in METRICS:
        errors.append(f"Parameter problem.metric: unknown metric '{metric}'{did_you_mean(metric, METRICS)}")
    return errors


def check_task(problem: Problem, schema: Schema) -> None:
    """Refuse class weights and a metric that do not fit the task of the data.

    Args:
        problem: Configuration without `problem_errors`.
        schema: Columns, task and classes of the records.

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
    metric = METRICS[problem.metric]
    if schema.task not in metric.tasks:
        raise DataError(
            f"problem.metric: expected a metric for {schema.task} (the task of target '{schema.target}'), found "
            f"'{problem.metric}', which is for {' and '.join(metric.tasks)}; choose another one or set problem.task."
        )
    if metric.binary_only and len(schema.classes) != 2:
        raise DataError(
            f"problem.metric: expected a metric for {len(schema.classes)} classes, found '{problem.metric}', which is "
            f"for two; choose f1_macro or another one."
        )
