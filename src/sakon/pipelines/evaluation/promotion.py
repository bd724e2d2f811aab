"""Whether a new champion serves."""

from __future__ import annotations

from sakon.lazy import pd
from sakon.metrics import Metric, format_metric, positive_index, problem_metric
from sakon.models.champion import Champion
from sakon.models.predictions import target_values, to_predictions
from sakon.problem import Decision, Examples, InputSpec, Problem, Scores

# Raw records and prepared arrays reach the same network by other roundings; that is no improvement.
ROUNDING = 1e-6


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

    The challenger is chosen on validation; of equals, the one with the fewest parameters. It is
    promoted only if, on the test set, it beats the naive baseline and the current champion.

    Args:
        leaderboard: All families.
        naive_scores: Scores of the naive baseline.
        champion: The current champion (`version`, `family`, `bundle`), or `None`.
        test_records: Records of test, which a champion answers in their raw form.
        test: The same examples as arrays.
        input_spec: What models read and answer.
        problem: Gives the metric.

    Returns:
        The decision, its reason and the values behind it.
    """
    metric = problem_metric(input_spec, problem)
    sign = 1 if metric.greater_is_better else -1
    trained = leaderboard[leaderboard["status"] == "trained"]
    if trained.empty:
        return Decision(promoted=False, reason="no family has been trained on the present data")
    # Equals on validation are told apart by size; the leaderboard's own order would be a choice on test.
    ranked = trained.assign(merit=sign * trained["validation_value"]).sort_values(
        ["merit", "parameters", "family"], ascending=[False, True, True]
    )
    challenger = ranked.iloc[0]
    naive = naive_scores.test.get(metric.name)
    current, obstacle = _figure_of(champion, metric, test_records, test, input_spec, problem)
    comparison = Decision(
        promoted=False,
        reason="",
        family=challenger["family"],
        version=None if pd.isna(challenger["model_version"]) else str(int(challenger["model_version"])),
        metric=metric.name,
        value=float(challenger["value"]),
        naive_value=naive.value if naive else None,
        champion_value=current,
        champion_version=champion.version if champion else None,
        champion_family=champion.family if champion else None,
    )
    promoted, reason = _judge(comparison, sign, obstacle)
    return comparison.model_copy(update={"promoted": promoted, "reason": reason})


def _judge(decision: Decision, sign: int, obstacle: str) -> tuple[bool, str]:
    """Return whether the challenger is promoted, and why."""
    value, naive, current = float(decision.value or 0), decision.naive_value, decision.champion_value
    name = f"{decision.family} (best on validation; test {decision.metric} {format_metric(value)})"
    if naive is None:
        return False, f"{name} has no naive baseline to beat: train the baseline first"
    if sign * value <= sign * naive:
        return False, f"{name} does not beat the naive baseline ({format_metric(naive)})"
    if decision.version is None:
        return False, f"{name} is not registered: MLflow recorded nothing"
    if obstacle:
        return True, f"{name} beats the naive baseline ({format_metric(naive)}); {obstacle}"
    if current is None:
        return True, f"{name} beats the naive baseline ({format_metric(naive)}); there was no champion"
    incumbent = f"champion v{decision.champion_version}, {decision.champion_family} ({format_metric(current)})"
    if sign * (value - current) > ROUNDING * abs(current):
        return True, f"{name} beats the naive baseline ({format_metric(naive)}) and the {incumbent}"
    if decision.version == decision.champion_version:
        return False, f"{name} is the champion already"
    return False, f"{name} does not beat the {incumbent} on the same test set"


def _figure_of(
    champion: Champion | None,
    metric: Metric,
    test_records: pd.DataFrame,
    test: Examples,
    input_spec: InputSpec,
    problem: Problem,
) -> tuple[float | None, str]:
    """Return the champion's figure on the test set, or why it cannot have one."""
    if champion is None:
        return None, ""
    if champion.bundle.input_spec.classes != input_spec.classes:
        return None, f"champion v{champion.version} answers other classes than the present data hold"
    try:
        answers = champion.bundle.outputs(test_records)
    except (KeyError, ValueError) as error:
        return None, f"champion v{champion.version} cannot read the present data ({str(error).splitlines()[0]})"
    answers = to_predictions(answers, champion.bundle.input_spec)
    return metric(target_values(test, input_spec), answers, positive_index(input_spec, problem)), ""
