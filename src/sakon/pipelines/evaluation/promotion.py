"""Promotion of a new champion."""

from __future__ import annotations

from sakon.lazy import pd
from sakon.metrics import Metric, format_metric, positive_index, problem_metric
from sakon.models.champion import Champion
from sakon.models.predictions import target_values, to_predictions
from sakon.problem import Decision, Examples, InputSpec, Problem, Scores

MIN_RELATIVE_GAIN = 1e-6
"""Predictions from raw records and from prepared arrays differ by rounding; a smaller gain is not an improvement."""


def promote(
    leaderboard: pd.DataFrame,
    naive_scores: Scores,
    champion: Champion | None,
    test_records: pd.DataFrame,
    test: Examples,
    input_spec: InputSpec,
    problem: Problem,
) -> Decision:
    """Decide whether the best family on validation becomes the champion.

    The challenger is the best family on validation, of equals the smallest. It is promoted only if it beats the naive
    baseline and the current champion on test.

    Args:
        leaderboard: Validation and test values of all families.
        naive_scores: Scores of the naive baseline.
        champion: The current champion, or `None`.
        test_records: Test records, which the champion predicts.
        test: The same examples as arrays.
        input_spec: Inputs and outputs of models of the present split.
        problem: Its metric.

    Returns:
        The decision, its reason and the compared values.
    """
    metric = problem_metric(input_spec, problem)
    challenger = _select_challenger(leaderboard, metric)
    if challenger is None:
        return Decision(promoted=False, reason="no family is trained on the present data")
    champion_value, obstacle = _champion_value(champion, metric, test_records, test, input_spec, problem)
    naive = naive_scores.test.get(metric.name)
    comparison = Decision(
        promoted=False,
        reason="",
        family=challenger["family"],
        version=None if pd.isna(challenger["model_version"]) else str(int(challenger["model_version"])),
        metric=metric.name,
        value=float(challenger["value"]),
        naive_value=naive.value if naive else None,
        champion_value=champion_value,
        champion_version=champion.version if champion else None,
        champion_family=champion.family if champion else None,
    )
    promoted, reason = _judge(comparison, metric, obstacle)
    return comparison.model_copy(update={"promoted": promoted, "reason": reason})


def _select_challenger(leaderboard: pd.DataFrame, metric: Metric) -> pd.Series | None:
    """Return the row of the trained family that is best on validation; `None` if none is trained."""
    trained = leaderboard[leaderboard["status"] == "trained"]
    if trained.empty:
        return None
    # Ties on validation are broken by size: the order of the leaderboard would select on test.
    sign = 1 if metric.greater_is_better else -1
    ranked = trained.assign(rank=sign * trained["validation_value"]).sort_values(
        ["rank", "parameters", "family"], ascending=[False, True, True]
    )
    return ranked.iloc[0]


def _judge(decision: Decision, metric: Metric, obstacle: str) -> tuple[bool, str]:
    """Return whether the challenger is promoted, and why."""
    sign = 1 if metric.greater_is_better else -1
    value, naive, current = float(decision.value or 0), decision.naive_value, decision.champion_value
    name = f"{decision.family} (best on validation; test {decision.metric} {format_metric(value)})"
    if naive is None:
        return False, f"{name} cannot be compared with the naive baseline: train the baseline first"
    if sign * value <= sign * naive:
        return False, f"{name} does not beat the naive baseline ({format_metric(naive)})"
    if decision.version is None:
        return False, f"{name} is not registered: MLflow did not record it"
    if obstacle:
        return True, f"{name} beats the naive baseline ({format_metric(naive)}); {obstacle}"
    if current is None:
        return True, f"{name} beats the naive baseline ({format_metric(naive)}); there was no champion before"
    incumbent = f"champion v{decision.champion_version}, {decision.champion_family} ({format_metric(current)})"
    if sign * (value - current) > MIN_RELATIVE_GAIN * abs(current):
        return True, f"{name} beats the naive baseline ({format_metric(naive)}) and the {incumbent}"
    if decision.version == decision.champion_version:
        return False, f"{name} is already the champion"
    return False, f"{name} does not beat the {incumbent} on the same test set"


def _champion_value(
    champion: Champion | None,
    metric: Metric,
    test_records: pd.DataFrame,
    test: Examples,
    input_spec: InputSpec,
    problem: Problem,
) -> tuple[float | None, str]:
    """Return the champion's value on test, or the reason why it has none."""
    if champion is None:
        return None, ""
    if champion.bundle.input_spec.classes != input_spec.classes:
        return None, f"champion v{champion.version} predicts other classes than those of the present data"
    try:
        outputs = champion.bundle.outputs(test_records)
    except (KeyError, ValueError) as error:
        return None, f"champion v{champion.version} cannot read the present data ({str(error).splitlines()[0]})"
    predictions = to_predictions(outputs, champion.bundle.input_spec)
    return metric(target_values(test, input_spec), predictions, positive_index(input_spec, problem)), ""
