"""Figures of the evaluation, and the scores by slices of the test set."""

from __future__ import annotations

from typing import Any

import numpy as np

from sakon import metrics
from sakon.figures import classification, comparison, forecast, regression
from sakon.lazy import go, pd
from sakon.metrics import positive_index, problem_metric
from sakon.pipelines.evaluation.nodes import bootstrap_block, read_outputs
from sakon.problem import EvaluationConfig, InputSpec, Problem, Schema
from sakon.records.splitting import ROW


def draw_leaderboard(leaderboard: pd.DataFrame, input_spec: InputSpec, problem: Problem) -> go.Figure:
    """Draw the value of every family with its interval."""
    metric = problem_metric(input_spec, problem)
    title = f"Leaderboard: {metric.name} of every family on the test set, with its interval"
    return comparison.leaderboard(leaderboard, metric.name, metric.greater_is_better, title)


def draw_errors(input_spec: InputSpec, schema: Schema, **predictions: pd.DataFrame) -> go.Figure:
    """Draw confusion matrices, predicted against actual (regression), or errors by step (forecast), on test."""
    tables = select_test_rows(predictions)
    if input_spec.task == "forecast":
        windows = {family: read_outputs(table).reshape(-1, input_spec.horizon) for family, table in tables.items()}
        return forecast.error_by_step(_targets(tables).reshape(-1, input_spec.horizon), windows, schema.target)
    if input_spec.task != "classification":
        outputs = {family: read_outputs(table) for family, table in tables.items()}
        return regression.predicted_against_actual(_targets(tables), outputs, schema.target)
    size = len(input_spec.classes)
    matrices = {
        family: _confusion(table["actual"].to_numpy(dtype=int), read_outputs(table).argmax(axis=1), size)
        for family, table in tables.items()
    }
    return classification.confusion_matrices(matrices, [str(label) for label in input_spec.classes])


def draw_calibration(
    input_spec: InputSpec, schema: Schema, evaluation: EvaluationConfig, **predictions: pd.DataFrame
) -> go.Figure:
    """Draw reliability diagrams (classification) or the residuals (regression), on test."""
    tables = select_test_rows(predictions)
    if input_spec.task != "classification":
        outputs = {family: read_outputs(table) for family, table in tables.items()}
        return regression.residuals(_targets(tables), outputs, schema.target)
    curves = {
        family: metrics.reliability(table["actual"].to_numpy(dtype=int), read_outputs(table), evaluation.bins)
        for family, table in tables.items()
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
        Columns `family`, `column`, `value`, `rows`, `score`, `low`, `high`; no rows if the records have no
        categorical columns.
    """
    metric = problem_metric(input_spec, problem)
    positive, block = positive_index(input_spec, problem), bootstrap_block(input_spec)
    tables = {
        family: (table["row"], table["actual"].to_numpy(), read_outputs(table))
        for family, table in select_test_rows(predictions).items()
    }
    rows: list[dict[str, Any]] = []
    for column in (name for name, column_type in schema.features.items() if column_type in ("category", "boolean")):
        values = test_records[column].astype(object).where(test_records[column].notna(), "(missing)")
        value_of_row = dict(zip(test_records[ROW], values, strict=True))
        slices = {family: row.groupby(row.map(value_of_row)).indices for family, (row, _, _) in tables.items()}
        for value, positions in values.groupby(values).groups.items():
            if len(positions) < evaluation.smallest_slice:
                continue
            for family, (_, actual, predicted) in tables.items():
                rows_of_slice = slices[family].get(value, np.empty(0, int))
                targets, outputs = actual[rows_of_slice], predicted[rows_of_slice]
                samples = metrics.bootstrap_metric(
                    metric, targets, outputs, positive, evaluation.resamples, problem.seed, block
                )
                low, high = metrics.percentile_interval(samples, evaluation.level)
                keys = {"family": family, "column": column, "value": str(value), "rows": len(positions)}
                rows.append({**keys, "score": metric(targets, outputs, positive), "low": low, "high": high})
    return pd.DataFrame(rows, columns=["family", "column", "value", "rows", "score", "low", "high"])


def draw_slices(slices: pd.DataFrame, input_spec: InputSpec, problem: Problem) -> go.Figure:
    """Draw the scores of every family by the values of categorical columns."""
    return comparison.slice_scores(slices, problem_metric(input_spec, problem).name)


def select_test_rows(predictions: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the test rows of every trained family, by family."""
    return {
        name.removesuffix("_predictions"): table[table["split"] == "test"].reset_index(drop=True)
        for name, table in predictions.items()
        if not table.empty
    }


def _targets(tables: dict[str, pd.DataFrame]) -> np.ndarray:
    return next(iter(tables.values()))["actual"].to_numpy() if tables else np.empty(0)


def _confusion(targets: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    return np.bincount(targets * classes + predicted, minlength=classes**2).reshape(classes, classes)
