"""Promotion of a new champion."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sakon.lazy import pd
from sakon.metrics import Metric, format_metric, positive_index, problem_metric
from sakon.models.champion import Champion, UnreadableChampion
from sakon.models.predictions import target_values, to_predictions
from sakon.problem import Decision, Examples, InputSpec, Problem, Scores

MIN_RELATIVE_GAIN = 1e-6
"""Predictions from raw records and from prepared arrays differ by rounding; a smaller gain is not an improvement."""
MAX_COLUMNS = 5
"""Columns that a reason names."""


@dataclass(frozen=True)
class _Incumbent:
    """What is known of the current champion.

    Attributes:
        value: Its value on test; `None` if there is no champion, or it has no value.
        replaceable_because: Why it has no value and may be replaced; it is of other data.
        unreadable_because: Why it has no value though it should, and what to do; it must not be replaced.
    """

    value: float | None = None
    replaceable_because: str = ""
    unreadable_because: str = ""


def promote(
    leaderboard: pd.DataFrame,
    naive_scores: Scores,
    champion: Champion | UnreadableChampion | None,
    test_records: pd.DataFrame,
    test: Examples,
    input_spec: InputSpec,
    problem: Problem,
) -> Decision:
    """Decide whether the best family on validation becomes the champion.

    The challenger is the best family on validation, of equals the smallest. It is promoted only if it beats the naive
    baseline and the current champion on test. A champion that cannot be read stays: it was not beaten.

    Args:
        leaderboard: Validation and test values of all families.
        naive_scores: Scores of the naive baseline.
        champion: The current champion; `None` only if the registry has none.
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
    incumbent = _evaluate_champion(champion, metric, test_records, test, input_spec, problem)
    naive = naive_scores.test.get(metric.name)
    comparison = Decision(
        promoted=False,
        reason="",
        family=challenger["family"],
        version=None if pd.isna(challenger["model_version"]) else str(int(challenger["model_version"])),
        metric=metric.name,
        value=float(challenger["value"]),
        naive_value=naive.value if naive else None,
        champion_value=incumbent.value,
        champion_version=(champion.version or None) if champion else None,
        champion_family=(champion.family or None) if champion else None,
    )
    promoted, reason = _judge(comparison, metric, incumbent, _describe_rank(leaderboard, challenger))
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


def _describe_rank(leaderboard: pd.DataFrame, challenger: pd.Series) -> str:
    """Return why a family is the challenger; the leaderboard may list an equal one first, by its value on test."""
    equals = int((leaderboard["validation_value"] == challenger["validation_value"]).sum())
    return "best on validation" if equals < 2 else f"best on validation, the smallest of {equals} equals"


def _judge(decision: Decision, metric: Metric, champion: _Incumbent, rank: str) -> tuple[bool, str]:
    """Return whether the challenger is promoted, and why."""
    sign = 1 if metric.greater_is_better else -1
    value, naive = _number(decision.value), decision.naive_value
    name = f"{decision.family} ({rank}; test {decision.metric} {format_metric(value)})"
    if naive is None:
        return False, f"{name} cannot be compared with the naive baseline: train the baseline first"
    if not sign * value > sign * naive:  # also if one of them is not a number
        return False, f"{name} does not beat the naive baseline ({format_metric(naive)})"
    if decision.version is None:
        return False, f"{name} is not registered: MLflow has no version with the alias of its family"
    if champion.unreadable_because:
        return False, f"{name} is not compared with the current champion and does not replace it: " + (
            champion.unreadable_because
        )
    beaten = f"{name} beats the naive baseline ({format_metric(naive)})"
    if champion.replaceable_because:
        return True, f"{beaten}; {champion.replaceable_because}"
    if champion.value is None:
        return True, f"{beaten}; there was no champion before"
    current = f"champion v{decision.champion_version}, {decision.champion_family} ({format_metric(champion.value)})"
    if sign * (value - champion.value) > MIN_RELATIVE_GAIN * abs(champion.value):
        return True, f"{beaten} and the {current}"
    if decision.version == decision.champion_version:
        return False, f"{name} is already the champion"
    return False, f"{name} does not beat the {current} on the same test set"


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _evaluate_champion(
    champion: Champion | UnreadableChampion | None,
    metric: Metric,
    test_records: pd.DataFrame,
    test: Examples,
    input_spec: InputSpec,
    problem: Problem,
) -> _Incumbent:
    """Return the champion's value on test, or why it has none."""
    if champion is None:
        return _Incumbent()
    if isinstance(champion, UnreadableChampion):
        reason = champion.reason.rstrip(".")
        return _Incumbent(unreadable_because=f"{champion.title} cannot be read ({reason}); {champion.decide}")
    if difference := _difference_in_outputs(champion.bundle.input_spec, input_spec):
        return _Incumbent(replaceable_because=f"champion v{champion.version} predicts {difference}")
    try:
        outputs = champion.bundle.outputs(test_records)
        predictions = to_predictions(outputs, champion.bundle.input_spec)
        value = metric(target_values(test, input_spec), predictions, positive_index(input_spec, problem))
    except Exception as error:  # whatever a stored model raises, it was not beaten
        schema = getattr(champion.bundle, "schema", None)
        if schema is not None and (absent := sorted({*schema.features} - {*test_records.columns})):
            columns = ", ".join(absent[:MAX_COLUMNS]) + (" …" if len(absent) > MAX_COLUMNS else "")
            return _Incumbent(
                replaceable_because=f"champion v{champion.version} reads columns that the present data lack ({columns})"
            )
        return _Incumbent(unreadable_because=_no_value(champion, _one_line(error)))
    if not math.isfinite(value):
        return _Incumbent(unreadable_because=_no_value(champion, f"its {metric.name} is {value:g}"))
    return _Incumbent(value=float(value))


def _difference_in_outputs(former: InputSpec, present: InputSpec) -> str:
    """Return what a champion predicts that models of the present data do not; empty if there is no difference."""
    if (former.kind, former.task) != (present.kind, present.task):
        return f"{former.kind} data by {former.task}, and the present data need {present.kind} and {present.task}"
    if former.classes != present.classes:
        return "other classes than those of the present data"
    if former.horizon != present.horizon:
        return f"{former.horizon} steps ahead, and the present data need {present.horizon}"
    return ""


def _no_value(champion: Champion, reason: str) -> str:
    """Return why a champion has no value on the present data, and what to do."""
    return (
        f"champion v{champion.version} cannot predict the present data ({reason}); to let a new model replace it, "
        f"remove the alias champion in MLflow (`mlflow ui`, page Models) and run the pipeline evaluation again"
    )


def _one_line(error: Exception) -> str:
    return (str(error).strip() or repr(error)).splitlines()[0]
