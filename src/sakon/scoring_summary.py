"""What the champion's answers to new records came to, as people read it."""

from __future__ import annotations

from typing import Any

from sakon.lazy import pd
from sakon.metrics import format_metric

MOST_NAMED = 5


def format_scores(scores: dict[str, Any], drift: pd.DataFrame | None = None) -> dict[str, str]:
    """Return what a scoring found, a sentence or two under each title.

    Args:
        scores: As the pipelines `scoring` and `distributed_scoring` save them.
        drift: The table of drift, which the former makes.
    """
    answered = (
        f"{_counted(scores['rows'], 'new record')} by champion v{scores['champion_version']} "
        f"({scores['champion_family']})"
    )
    if (width := scores.get("interval_half_width")) is not None:
        answered += f", each ± {format_metric(width)} ({scores['level']:.0%} interval)"
    found = {"Answered": f"{answered}.", "Score": _score_in_words(scores)}
    found |= {} if drift is None else {"Drift": _drift_in_words(drift)}
    return found | ({"Note": f"{scores['note']}."} if scores.get("note") else {})


def _score_in_words(scores: dict[str, Any]) -> str:
    rows, strange, metric = scores["rows_scored"], scores["rows_of_unknown_classes"], scores["metric"]
    left_out = f" {_counted(strange, 'record')} of classes that the champion does not know left out." if strange else ""
    if not rows:
        return f"none; no new record has a target.{left_out}"
    if f"new_{metric}" not in scores:
        return f"{metric} is not defined on the {_counted(rows, 'record')} with a target; see the others.{left_out}"
    value, *ends = (
        format_metric(scores[name]) for end in ("", "_low", "_high") if (name := f"new_{metric}{end}") in scores
    )
    interval = f" ({scores['level']:.0%} interval {' – '.join(ends)})" if ends else ""
    text = f"{metric} {value}{interval} on {_counted(rows, 'record')} with a target"
    if (share := scores.get("interval_coverage")) is not None:
        text += f", of which {share:.1%} lie in their intervals"
    return f"{text}.{left_out}"


def _drift_in_words(drift: pd.DataFrame) -> str:
    moved = drift[drift["drift"] != "none"]
    if moved.empty:
        return f"none of {_counted(len(drift), 'input')} has moved against train."
    strong = int((moved["drift"] == "strong").sum())
    most = [f"{name} ({format_metric(psi)})" for name, psi in zip(moved["feature"], moved["psi"], strict=True)][
        :MOST_NAMED
    ]
    more = f" and {len(moved) - len(most)} more" if len(moved) > len(most) else ""
    return (
        f"{len(moved)} of {_counted(len(drift), 'input')} moved against train, {strong} of them strongly; most by "
        f"population stability index: {', '.join(most)}{more}."
    )


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
