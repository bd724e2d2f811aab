"""Predict, score, compare, promote."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from sakon import metrics
from sakon.families import display_name, spark_variant
from sakon.lazy import pd
from sakon.metrics import METRICS, Metric, positive_index, problem_metric
from sakon.models.predict import predict_outputs, select_inputs
from sakon.models.predictions import predict_examples, target_values
from sakon.problem import EvaluationConfig, Examples, InputSpec, Problem

LEADERBOARD = [
    "family", "status", "metric", "value", "low", "high", "validation_value", "baseline_difference", "verdict",
    "parameters", "train_seconds", "predict_ms_per_1000", "mlflow_run_id", "model_version", "note",
]  # fmt: skip
STATUSES = {"trained", "failed", "not trained"}
VERDICTS = {"better", "worse", "not distinguishable", "baseline"}
TIMED_CALLS = 3


def evaluate(
    model: Any,
    training: dict[str, Any] | None,
    failure: dict[str, Any] | None,
    validation: Examples,
    test: Examples,
    input_spec: InputSpec,
    problem: Problem,
    evaluation: EvaluationConfig,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Let one family answer validation and test once, and score both.

    Args:
        model: The trained model, or `None` where the family has not been trained.
        training: Its training's summary, or `None`.
        failure: `reason` why its last training failed; empty or `None` if it did not.
        validation: Examples that families are chosen by.
        test: Examples of the final figure.
        input_spec: What the model reads and answers.
        problem: Gives metric, positive class and seed.
        evaluation: Resamples and level.

    Returns:
        Predictions, one row per example or step of a forecast (`part`, `row`, `step`, `actual`, then `output` or
        one `probability_<class>` each), empty if not trained; scores: `status`, `note`, cost, and
        `validation_<metric>`, `test_<metric>`, `test_<metric>_low`, `test_<metric>_high`.
    """
    status, note = _status(model, training, failure or {}, input_spec)
    if status != "trained" or training is None:
        return pd.DataFrame({"part": [], "row": [], "actual": []}), {"status": status, "note": note}
    answers = {
        name: predict_examples(model, part, input_spec) for name, part in (("validation", validation), ("test", test))
    }
    scores: dict[str, Any] = {
        "status": status,
        "note": training.get("candidate", ""),
        "parameters": training["parameters"],
        "train_seconds": training["train_seconds"],
        "predict_ms_per_1000": _milliseconds_per_1000(model, select_inputs(model, test)),
    }
    positive = positive_index(input_spec, problem)
    for name, part in (("validation", validation), ("test", test)):
        actual = target_values(part, input_spec)
        for metric, value in metrics.compute_scores(input_spec.task, actual, answers[name], positive).items():
            scores[f"{name}_{metric}"] = value
            if name == "test":
                samples = metrics.bootstrap_metric(
                    METRICS[metric],
                    actual,
                    answers[name],
                    positive,
                    evaluation.resamples,
                    problem.seed,
                    block_of(input_spec),
                )
                low, high = metrics.percentile_interval(samples, evaluation.level)
                scores |= {f"test_{metric}_low": low, f"test_{metric}_high": high}
        if input_spec.naive_error:  # MASE, Hyndman & Koehler 2006 (doi 10.1016/j.ijforecast.2006.03.001)
            scores[f"{name}_mase"] = scores[f"{name}_mae"] / input_spec.naive_error
    tables = [
        _prediction_table(name, part, answers[name], input_spec)
        for name, part in (("validation", validation), ("test", test))
    ]
    return pd.concat(tables, ignore_index=True), scores


def evaluate_distributed(
    models: dict[str, Any],
    trainings: dict[str, dict[str, Any]],
    validation: Examples,
    test: Examples,
    input_spec: InputSpec,
    problem: Problem,
    evaluation: EvaluationConfig,
) -> tuple[dict[str, pd.DataFrame], dict[str, dict[str, Any]]]:
    """Let every family that Spark has trained answer validation and test; see `evaluate`.

    Returns:
        Predictions and scores by family.
    """
    found = {
        family: evaluate(model, trainings.get(family), None, validation, test, input_spec, problem, evaluation)
        for family, model in models.items()
    }
    predictions = {family: table for family, (table, _) in found.items()}
    return predictions, {family: scores for family, (_, scores) in found.items()}


def compare(
    input_spec: InputSpec,
    problem: Problem,
    evaluation: EvaluationConfig,
    tracked_runs: dict[str, dict[str, str]],
    distributed_predictions: dict[str, pd.DataFrame],
    distributed_scores: dict[str, dict[str, Any]],
    **results: Any,
) -> pd.DataFrame:
    """Put all families on one leaderboard, in the problem's own metric.

    Args:
        input_spec: What models read and answer.
        problem: Gives metric and seed.
        evaluation: Resamples and level.
        tracked_runs: MLflow run and model version by family, and by family on Spark (`mlp_spark`).
        distributed_predictions: Predictions of the families that Spark has trained, by family.
        distributed_scores: Their scores.
        **results: `<family>_predictions` and `<family>_scores` of every family.

    Returns:
        One row per family, best test value first, families without a value last; those that Spark has trained as
        `mlp (spark)` beside those of this machine.
    """
    metric = problem_metric(input_spec, problem)
    baseline = _resampled(results.get("baseline_predictions"), metric, input_spec, problem, evaluation)
    rows = []
    results |= {f"{spark_variant(family)}_scores": scores for family, scores in distributed_scores.items()}
    results |= {f"{spark_variant(family)}_predictions": table for family, table in distributed_predictions.items()}
    for family in (name.removesuffix("_scores") for name in results if name.endswith("_scores")):
        scores = results[f"{family}_scores"]
        row = {
            "family": display_name(family),
            "metric": metric.name,
            **{k: v for k, v in scores.items() if k in LEADERBOARD},
        }
        row |= {
            "value": scores.get(f"test_{metric.name}"),
            "low": scores.get(f"test_{metric.name}_low"),
            "high": scores.get(f"test_{metric.name}_high"),
            "validation_value": scores.get(f"validation_{metric.name}"),
            "mlflow_run_id": tracked_runs.get(family, {}).get("run_id") if row["status"] == "trained" else None,
            "model_version": tracked_runs.get(family, {}).get("version") if row["status"] == "trained" else None,
        }
        own = _resampled(results[f"{family}_predictions"], metric, input_spec, problem, evaluation)
        if own is not None and baseline is not None:
            row["baseline_difference"] = row["value"] - results["baseline_scores"][f"test_{metric.name}"]
            row["verdict"] = metrics.verdict(own - baseline, metric.greater_is_better, evaluation.level)
        rows.append(row | ({"verdict": "baseline"} if family == "baseline" and own is not None else {}))
    table = pd.DataFrame(rows).reindex(columns=LEADERBOARD)
    table["parameters"] = table["parameters"].astype("Int64")
    return table.sort_values(
        ["value", "family"], ascending=[not metric.greater_is_better, True], na_position="last", ignore_index=True
    )


def check_leaderboard(leaderboard: pd.DataFrame) -> None:
    """Refuse a leaderboard that breaks what scripts may rely on.

    Raises:
        ValueError: Saying what differs.
    """
    if list(leaderboard.columns) != LEADERBOARD:
        raise ValueError(f"expected the columns {LEADERBOARD}, found {list(leaderboard.columns)}")
    for column, known in (("status", STATUSES), ("verdict", VERDICTS)):
        strange = set(leaderboard[column].dropna()) - known
        if strange:
            raise ValueError(f"expected {column} to be one of {sorted(known)}, found {sorted(strange)}")
    if leaderboard["family"].duplicated().any():
        raise ValueError("expected one row per family, found several of one")


def outputs_in(predictions: pd.DataFrame) -> np.ndarray:
    """Return the answers held in a table of predictions, as `predict_examples` gives them."""
    if "output" in predictions:
        return predictions["output"].to_numpy()
    return predictions.filter(regex="^probability_").to_numpy()


def _status(
    model: Any, training: dict[str, Any] | None, failure: dict[str, Any], input_spec: InputSpec
) -> tuple[str, str]:
    if failure:
        return "failed", str(failure["reason"])
    if model is None or training is None:
        return "not trained", ""
    if training["fingerprint"] != input_spec.fingerprint:
        return "not trained", "trained on other data than the present split"
    return "trained", ""


def _milliseconds_per_1000(model: Any, part: Examples) -> float:
    seconds = []
    for _ in range(TIMED_CALLS):
        started = time.perf_counter()
        predict_outputs(model, part.x)
        seconds.append(time.perf_counter() - started)
    return round(min(seconds) / len(part) * 1e6, 3)


def _prediction_table(name: str, part: Examples, answers: np.ndarray, input_spec: InputSpec) -> pd.DataFrame:
    steps = input_spec.horizon or 1
    rows = np.repeat(part.row, steps)
    table = pd.DataFrame({"part": name, "row": rows, "actual": target_values(part, input_spec)})
    if input_spec.task == "classification":
        return table.assign(**{f"probability_{label}": answers[:, i] for i, label in enumerate(input_spec.classes)})
    if input_spec.task == "forecast":
        table.insert(2, "step", np.tile(np.arange(1, steps + 1), len(part)))
    return table.assign(output=answers)


def _resampled(
    predictions: pd.DataFrame | None,
    metric: Metric,
    input_spec: InputSpec,
    problem: Problem,
    evaluation: EvaluationConfig,
) -> np.ndarray | None:
    """Return the metric on resamples of the test rows; the same rows for every family, so they pair."""
    if predictions is None or predictions.empty:
        return None
    test = predictions[predictions["part"] == "test"]
    positive = positive_index(input_spec, problem)
    actual, block = test["actual"].to_numpy(), block_of(input_spec)
    return metrics.bootstrap_metric(
        metric, actual, outputs_in(test), positive, evaluation.resamples, problem.seed, block
    )


def block_of(input_spec: InputSpec) -> int:
    """Return how many rows of predictions are alike: forecasts of one season and of one horizon overlap."""
    return max(input_spec.horizon, input_spec.season) * max(input_spec.horizon, 1) if input_spec.horizon else 1
