"""The summary of a scoring in sentences."""

from __future__ import annotations

from sakon.lazy import pd
from sakon.metrics import format_metric
from sakon.problem import ScoringResult
from sakon.wording import format_list

MAX_FEATURES = 5


def format_scores(result: ScoringResult, drift: pd.DataFrame | None = None) -> dict[str, str]:
    """Return the summary of a scoring, one or two sentences under each title.

    Args:
        result: Result of the pipeline `scoring` or `distributed_scoring`.
        drift: Table of drift of the pipeline `scoring`.
    """
    predicted = f"{_count(result.rows, 'new record')} by champion v{result.champion_version} ({result.champion_family})"
    if result.interval_half_width is not None:
        predicted += f", each ± {format_metric(result.interval_half_width)} ({result.level:.0%} interval)"
    texts = {"Predicted": f"{predicted}.", "Score": _format_score(result)}
    texts |= {} if drift is None else {"Drift": _format_drift(drift)}
    return texts | ({"Note": f"{result.note}."} if result.note else {})


def _format_score(result: ScoringResult) -> str:
    rows, unknown = result.rows_scored, result.rows_of_unknown_classes
    excluded = f" {_count(unknown, 'record')} with classes unknown to the champion excluded." if unknown else ""
    if not rows:
        return f"none; no new record has a target.{excluded}"
    score = result.new.get(result.metric)
    if score is None:
        return f"{result.metric} is not defined on the {_count(rows, 'record')} with a target; see others.{excluded}"
    text = f"{result.metric} {format_metric(score.value)}"
    if score.low is not None and score.high is not None:
        text += f" ({result.level:.0%} interval {format_metric(score.low)} – {format_metric(score.high)})"
    text += f" on {_count(rows, 'record')} with a target"
    if result.interval_coverage is not None:
        text += f", {result.interval_coverage:.1%} of which are in their interval"
    return f"{text}.{excluded}"


def _format_drift(drift: pd.DataFrame) -> str:
    drifted = drift[drift["drift"] != "none"]
    if drifted.empty:
        return f"none in {_count(len(drift), 'input')}."
    strong = int((drifted["drift"] == "strong").sum())
    names = [f"{name} ({format_metric(psi)})" for name, psi in zip(drifted["feature"], drifted["psi"], strict=True)]
    return (
        f"in {len(drifted)} of {_count(len(drift), 'input')}, strong in {strong}; largest population stability index: "
        f"{format_list(names, MAX_FEATURES)}."
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
