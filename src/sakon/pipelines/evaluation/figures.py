"""What the comparison looks like."""

from __future__ import annotations

from typing import Any

import numpy as np

from sakon import metrics
from sakon.figures import classification, comparison, forecast, regression
from sakon.lazy import go, pd
from sakon.metrics import positive_index, problem_metric
from sakon.pipelines.evaluation.nodes import block_of, outputs_in
from sakon.problem import EvaluationConfig, InputSpec, Problem, Schema


def draw_leaderboard(leaderboard: pd.DataFrame, input_spec: InputSpec, problem: Problem) -> go.Figure:
    """Draw all families with their intervals."""
    metric = problem_metric(input_spec, problem)
    title = f"Every family on the test set: {metric.name}, with its interval"
    return comparison.leaderboard(leaderboard, metric.name, metric.greater_is_better, title)


def draw_errors(input_spec: InputSpec, schema: Schema, **predictions: pd.DataFrame) -> go.Figure:
    """Draw confusion matrices, predicted against actual (regression), or errors by step (forecast), on test."""
    tests = tests_of(predictions)
    if input_spec.task == "forecast":
        windows = {family: outputs_in(table).reshape(-1, input_spec.horizon) for family, table in tests.items()}
        return forecast.error_by_step(_actual(tests).reshape(-1, input_spec.horizon), windows, schema.target)
    if input_spec.task != "classification":
        outputs = {family: outputs_in(table) for family, table in tests.items()}
        return regression.predicted_against_actual(_actual(tests), outputs, schema.target)
    size = len(input_spec.classes)
    matrices = {
        family: _confusion(table["actual"].to_numpy(dtype=int), outputs_in(table).argmax(axis=1), size)
        for family, table in tests.items()
    }
    return classification.confusion_matrices(matrices, [str(label) for label in input_spec.classes])


def draw_calibration(
    input_spec: InputSpec, schema: Schema, evaluation: EvaluationConfig, **predictions: pd.DataFrame
) -> go.Figure:
    """Draw reliability diagrams (classification) or the residuals (regression), on test."""
    tests = tests_of(predictions)
    if input_spec.task != "classification":
        outputs = {family: outputs_in(table) for family, table in tests.items()}
        return regression.residuals(_actual(tests), outputs, schema.target)
    curves = {
        family: metrics.reliability(table["actual"].to_numpy(dtype=int), outputs_in(table), evaluation.bins)
        for family, table in tests.items()
    }
    return classification.reliability_diagram(curves)


def score_slices(
    test_records: pd.DataFrame,
    schema: Schema,
    input_spec: InputSpec,
    problem: Problem,
    evaluation: EvaluationConfig,
    **predictions: pd.DataFrame,
) -> pd.DataFrame:
    """Score every family on every value of every categorical column of the test set.

    Returns:
        Columns `family`, `column`, `value`, `rows`, `score`, `low`, `high`; empty for kinds without
        categories.
    """
    metric = problem_metric(input_spec, problem)
    positive, block = positive_index(input_spec, problem), block_of(input_spec)
    rows: list[dict[str, Any]] = []
    for column in (name for name, column_type in schema.features.items() if column_type in ("category", "boolean")):
        values = test_records[column].astype(object).where(test_records[column].notna(), "(missing)")
        for value, found in values.groupby(values).groups.items():
            if len(found) < evaluation.smallest_slice:
                continue
            for family, table in tests_of(predictions).items():
                part = table[table["row"].isin(test_records["row"].iloc[found])]
                actual, answers = part["actual"].to_numpy(), outputs_in(part)
                samples = metrics.bootstrap_metric(
                    metric, actual, answers, positive, evaluation.resamples, problem.seed, block
                )
                low, high = metrics.percentile_interval(samples, evaluation.level)
                where = {"family": family, "column": column, "value": str(value), "rows": len(found)}
                rows.append({**where, "score": metric(actual, answers, positive), "low": low, "high": high})
    return pd.DataFrame(rows, columns=["family", "column", "value", "rows", "score", "low", "high"])


def draw_slices(slices: pd.DataFrame, input_spec: InputSpec, problem: Problem) -> go.Figure:
    """Draw the scores of every family by the values of categorical columns."""
    return comparison.slice_scores(slices, problem_metric(input_spec, problem).name)


def tests_of(predictions: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the test rows of every trained family, by family."""
    return {
        name.removesuffix("_predictions"): table[table["part"] == "test"].reset_index(drop=True)
        for name, table in predictions.items()
        if not table.empty
    }


def _actual(tests: dict[str, pd.DataFrame]) -> np.ndarray:
    return next(iter(tests.values()))["actual"].to_numpy() if tests else np.empty(0)


def _confusion(actual: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    return np.bincount(actual * classes + predicted, minlength=classes**2).reshape(classes, classes)
