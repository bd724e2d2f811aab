"""Predict, score, compare, promote."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from sakon import families, metrics
from sakon.errors import ModelError
from sakon.families import display_name, spark_variant
from sakon.lazy import pd
from sakon.metrics import METRICS, Metric, positive_index, problem_metric
from sakon.models.predict import predict_outputs, select_inputs
from sakon.models.predictions import no_predictions, predict_examples, target_values
from sakon.problem import (
    EvaluationConfig,
    Examples,
    Failure,
    InputSpec,
    MetricInterval,
    Problem,
    Scores,
    TrainingSummary,
)
from sakon.problem.results import Status

LEADERBOARD = [
    "family", "status", "metric", "value", "low", "high", "validation_value", "baseline_difference", "verdict",
    "parameters", "train_seconds", "predict_ms_per_1000", "mlflow_run_id", "model_version", "note",
]  # fmt: skip
STATUSES = {"trained", "failed", "not trained"}
VERDICTS = {"better", "worse", "not distinguishable", "baseline"}
TIMED_CALLS = 3


def evaluate(
    model: Any,
    training: TrainingSummary | None,
    failure: Failure | None,
    validation: Examples,
    test: Examples,
    input_spec: InputSpec,
    problem: Problem,
    evaluation: EvaluationConfig,
) -> tuple[pd.DataFrame, Scores]:
    """Predict validation and test with the model of one family, and score both.

    Args:
        model: The trained model, or `None` where the family has not been trained.
        training: Summary of its training, or `None`.
        failure: Why its last training failed or was skipped, or `None`.
        validation: Examples that choose the champion.
        test: Examples of the leaderboard.
        input_spec: Inputs and outputs of the model.
        problem: Its metric, positive class and seed.
        evaluation: Resamples and level of the intervals.

    Returns:
        Predictions (see `_prediction_table`), empty if not trained; the scores.

    Raises:
        ModelError: If predictions are not finite.
    """
    status, note = _status(model, training, failure, input_spec)
    if status != "trained" or training is None:
        return no_predictions(), Scores(status=status, note=note)
    splits = {"validation": validation, "test": test}
    predictions = {name: predict_examples(model, split, input_spec) for name, split in splits.items()}
    _check_finite(predictions, training.family)
    tables = [_prediction_table(name, splits[name], predictions[name], input_spec) for name in splits]
    scores = _score(training, splits, predictions, input_spec, problem, evaluation)
    milliseconds = _milliseconds_per_1000(model, select_inputs(model, test))
    return pd.concat(tables, ignore_index=True), scores.model_copy(update={"predict_ms_per_1000": milliseconds})


def _check_finite(predictions: dict[str, np.ndarray], family: str) -> None:
    for split, outputs in predictions.items():
        rows = int((~np.isfinite(outputs.reshape(len(outputs), -1))).any(axis=1).sum())
        if rows:
            raise ModelError(
                f"Family {family}: expected finite predictions, found NaN or infinity in {rows} of {len(outputs)} on "
                f"{split}; train the family again, with a lower {family}.learning_rate if it has one."
            )


def _score(
    training: TrainingSummary,
    splits: dict[str, Examples],
    predictions: dict[str, np.ndarray],
    input_spec: InputSpec,
    problem: Problem,
    evaluation: EvaluationConfig,
) -> Scores:
    """Return the scores: every metric of the task on validation, and its value and interval on test."""
    positive = positive_index(input_spec, problem)
    targets = {name: target_values(split, input_spec) for name, split in splits.items()}
    values = {
        name: metrics.compute_scores(input_spec.task, targets[name], predictions[name], positive) for name in splits
    }
    intervals = {
        metric: _interval(metric, value, targets["test"], predictions["test"], input_spec, problem, evaluation)
        for metric, value in values["test"].items()
    }
    validation_values = dict(values["validation"])
    if input_spec.naive_error:  # MASE, Hyndman & Koehler 2006 (doi 10.1016/j.ijforecast.2006.03.001)
        validation_values["mase"] = validation_values["mae"] / input_spec.naive_error
        intervals["mase"] = MetricInterval(value=values["test"]["mae"] / input_spec.naive_error)
    return Scores(
        status="trained",
        note=training.note,
        parameters=training.parameters,
        train_seconds=training.train_seconds,
        validation=validation_values,
        test=intervals,
    )


def _interval(
    metric: str,
    value: float,
    targets: np.ndarray,
    predictions: np.ndarray,
    input_spec: InputSpec,
    problem: Problem,
    evaluation: EvaluationConfig,
) -> MetricInterval:
    positive, block = positive_index(input_spec, problem), bootstrap_block(input_spec)
    samples = metrics.bootstrap_metric(
        METRICS[metric], targets, predictions, positive, evaluation.resamples, problem.seed, block
    )
    low, high = metrics.percentile_interval(samples, evaluation.level)
    return MetricInterval(value=value, low=low, high=high)


def compare(
    input_spec: InputSpec,
    problem: Problem,
    evaluation: EvaluationConfig,
    tracked_runs: dict[str, dict[str, str]],
    distributed_predictions: dict[str, pd.DataFrame],
    distributed_scores: dict[str, Scores],
    **results: Any,
) -> pd.DataFrame:
    """Put all families on one leaderboard, in the problem's own metric.

    Args:
        input_spec: Inputs and outputs of the models.
        problem: Its metric and seed.
        evaluation: Resamples and level of the intervals.
        tracked_runs: MLflow run and model version by family and by variant (`mlp_spark`).
        distributed_predictions: Predictions of the families trained on Spark, by family.
        distributed_scores: Their scores.
        **results: `<family>_predictions` and `<family>_scores` of every family.

    Returns:
        One row per family and variant (`mlp (spark)`), best test value first, those without a value last.
    """
    metric = problem_metric(input_spec, problem)
    results |= {f"{spark_variant(family)}_scores": scores for family, scores in distributed_scores.items()}
    results |= {f"{spark_variant(family)}_predictions": table for family, table in distributed_predictions.items()}
    baseline = families.baseline().name
    baseline_samples = _resample(results.get(f"{baseline}_predictions"), metric, input_spec, problem, evaluation)
    rows = []
    for family in (name.removesuffix("_scores") for name in results if name.endswith("_scores")):
        scores: Scores = results[f"{family}_scores"]
        row = _leaderboard_row(family, scores, metric, tracked_runs.get(family, {}))
        samples = _resample(results[f"{family}_predictions"], metric, input_spec, problem, evaluation)
        if samples is not None and baseline_samples is not None:
            row["baseline_difference"] = row["value"] - results[f"{baseline}_scores"].test[metric.name].value
            row["verdict"] = metrics.verdict(samples - baseline_samples, metric.greater_is_better, evaluation.level)
        rows.append(row | ({"verdict": "baseline"} if family == baseline and samples is not None else {}))
    return _sort_leaderboard(rows, metric)


def _sort_leaderboard(rows: list[dict[str, Any]], metric: Metric) -> pd.DataFrame:
    """Return the rows as a table, best value first, families without a value last."""
    table = pd.DataFrame(rows).reindex(columns=LEADERBOARD)
    table["parameters"] = table["parameters"].astype("Int64")
    return table.sort_values(
        ["value", "family"], ascending=[not metric.greater_is_better, True], na_position="last", ignore_index=True
    )


def _leaderboard_row(family: str, scores: Scores, metric: Metric, tracked: dict[str, str]) -> dict[str, Any]:
    is_trained = scores.status == "trained"
    interval = scores.test.get(metric.name)
    return {
        "family": display_name(family),
        "status": scores.status,
        "metric": metric.name,
        "value": interval.value if interval else None,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "validation_value": scores.validation.get(metric.name),
        "parameters": scores.parameters,
        "train_seconds": scores.train_seconds,
        "predict_ms_per_1000": scores.predict_ms_per_1000,
        "mlflow_run_id": tracked.get("run_id") if is_trained else None,
        "model_version": tracked.get("version") if is_trained else None,
        "note": scores.note,
    }


def check_leaderboard(leaderboard: pd.DataFrame) -> None:
    """Check the columns, the values of `status` and `verdict`, and that every family has one row.

    Raises:
        ValueError: If one of them differs from what scripts rely on.
    """
    if list(leaderboard.columns) != LEADERBOARD:
        raise ValueError(f"expected the columns {LEADERBOARD}, found {list(leaderboard.columns)}")
    for column, allowed in (("status", STATUSES), ("verdict", VERDICTS)):
        unknown = set(leaderboard[column].dropna()) - allowed
        if unknown:
            raise ValueError(f"expected {column} to be one of {sorted(allowed)}, found {sorted(unknown)}")
    repeated = leaderboard["family"][leaderboard["family"].duplicated()].tolist()
    if repeated:
        raise ValueError(f"expected one row per family, found several of {repeated}")


def read_outputs(predictions: pd.DataFrame) -> np.ndarray:
    """Return the predictions in a table of predictions, in the form of `predict_examples`."""
    if "output" in predictions:
        return predictions["output"].to_numpy()
    return predictions.filter(regex="^probability_").to_numpy()


def _status(
    model: Any, training: TrainingSummary | None, failure: Failure | None, input_spec: InputSpec
) -> tuple[Status, str]:
    if failure is not None and failure.reason:
        return "not trained" if failure.is_skipped else "failed", failure.reason
    if model is None or training is None:
        return "not trained", ""
    if training.fingerprint != input_spec.fingerprint:
        return "not trained", "trained on another split of the data"
    return "trained", ""


def _milliseconds_per_1000(model: Any, examples: Examples) -> float:
    seconds = []
    for _ in range(TIMED_CALLS):
        start_time = time.perf_counter()
        predict_outputs(model, examples.x)
        seconds.append(time.perf_counter() - start_time)
    return round(min(seconds) / len(examples) * 1e6, 3)


def _prediction_table(name: str, split: Examples, outputs: np.ndarray, input_spec: InputSpec) -> pd.DataFrame:
    """Return one row per example, or per step of a forecast.

    Columns: `split`, `row`, `step` (of a forecast), `actual`, then `output` or one `probability_<class>` each.
    """
    steps = input_spec.horizon or 1
    rows = np.repeat(split.row, steps)
    table = pd.DataFrame({"split": name, "row": rows, "actual": target_values(split, input_spec)})
    if input_spec.task == "classification":
        names = [f"probability_{label}" for label in input_spec.classes]
        return pd.concat([table, pd.DataFrame(outputs, columns=names)], axis=1)
    if input_spec.task == "forecast":
        table.insert(2, "step", np.tile(np.arange(1, steps + 1), len(split)))
    return table.assign(output=outputs)


def _resample(
    predictions: pd.DataFrame | None,
    metric: Metric,
    input_spec: InputSpec,
    problem: Problem,
    evaluation: EvaluationConfig,
) -> np.ndarray | None:
    """Return the metric on resamples of the test rows, which are the same for every family."""
    if predictions is None or predictions.empty:
        return None
    test = predictions[predictions["split"] == "test"]
    positive = positive_index(input_spec, problem)
    targets, block = test["actual"].to_numpy(), bootstrap_block(input_spec)
    return metrics.bootstrap_metric(
        metric, targets, read_outputs(test), positive, evaluation.resamples, problem.seed, block
    )


def bootstrap_block(input_spec: InputSpec) -> int:
    """Return the number of consecutive predictions that the bootstrap draws together.

    It is 1 for independent examples. Errors of forecasts are correlated within a season, and windows overlap within a
    horizon.
    """
    return max(input_spec.horizon, input_spec.season) * max(input_spec.horizon, 1) if input_spec.horizon else 1
