"""One page that holds the whole comparison and opens anywhere."""

from __future__ import annotations

from html import escape
from typing import Any

from sakon.lazy import go, pd
from sakon.leaderboard import format_leaderboard
from sakon.metrics import format_metric
from sakon.problem import DataProfile, Decision, FigureErrors, Problem
from sakon.wording import format_list

MAX_ITEMS = 60
"""Classes or columns that one row of the table of facts names."""
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1050px; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse; font-size: 13px } td, th { padding: .3em .7em; border-bottom: 1px solid #ddd;
text-align: right } td:first-child, th:first-child { text-align: left }
.wide { overflow-x: auto } .decision { background: #f3f6fa; padding: 1em }
.failure { border-left: 4px solid #d9480f; padding-left: 1em }
.wide td { white-space: nowrap }
"""


def write_report(
    leaderboard: pd.DataFrame,
    decision: Decision,
    profile: DataProfile,
    problem: Problem,
    leaderboard_figure: go.Figure,
    errors_figure: go.Figure,
    calibration_figure: go.Figure,
    slices_figure: go.Figure,
    **figure_errors: FigureErrors | None,
) -> str:
    """Return the report as a self-contained HTML page.

    Args:
        leaderboard: All families.
        decision: Whether there is a new champion, and why.
        profile: Description of the data.
        problem: Gives the target.
        leaderboard_figure: Test metric of every family.
        errors_figure: Confusion matrices, or predictions against targets.
        calibration_figure: Reliability diagram, or residuals.
        slices_figure: Metric by groups of rows; left out if it is empty.
        **figure_errors: Figures that could not be drawn, by namespace: every family, and the evaluation.
    """
    verb = "New champion" if decision.promoted else "No new champion"
    figures = [leaderboard_figure, errors_figure, calibration_figure]
    figures += [slices_figure] if slices_figure.data else []
    html_figures = [
        figure.to_html(full_html=False, include_plotlyjs=number == 0, config={"displaylogo": False})
        for number, figure in enumerate(figures)
    ]
    rows = format_leaderboard(leaderboard).to_html(index=False, border=0)
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Sakon: every family on one leaderboard</title>"
        f"<style>{STYLE}</style><h1>Every family on one leaderboard</h1>"
        f"<p class='decision'><b>{verb}.</b> {escape(decision.reason)}.</p>"
        f"{_failures(leaderboard)}<div class='wide'>{rows}</div>"
        f"{''.join(html_figures)}{_figure_errors(figure_errors)}"
        f"<h2>The data</h2><table>{_data_rows(profile, problem)}</table></html>"
    )


def _figure_errors(figure_errors: dict[str, FigureErrors | None]) -> str:
    items = [
        f"<li><b>{escape(namespace)}: {escape(name.replace('_', ' '))}</b>: {escape(reason)}</li>"
        for namespace, errors in figure_errors.items()
        if errors is not None
        for name, reason in errors.errors.items()
    ]
    return f"<h2>Figures that could not be drawn</h2><ul>{''.join(items)}</ul>" if items else ""


def _data_rows(profile: DataProfile, problem: Problem) -> str:
    facts = {"target column": problem.target} | {
        key: value for key, value in profile.model_dump().items() if value not in ((), {}, 0) and key != "columns"
    }
    return "".join(
        f"<tr><td>{escape(key.replace('_', ' '))}</td><td>{escape(_as_text(value))}</td></tr>"
        for key, value in facts.items()
    )


def _failures(leaderboard: pd.DataFrame) -> str:
    """Return a paragraph for each family without a value whose note says why."""
    columns = leaderboard[["family", "status", "note"]].itertuples(index=False)
    return "".join(
        f"<p class='failure'><b>{escape(family)} {'failed' if status == 'failed' else 'is not trained'}.</b> "
        f"{escape(note)}</p>"
        for family, status, note in columns
        if status != "trained" and isinstance(note, str) and note
    )


def _as_text(value: Any) -> str:
    if isinstance(value, dict):
        return format_list([f"{key}: {_as_text(inner)}" for key, inner in value.items()], MAX_ITEMS)
    if isinstance(value, tuple) and len(value) > MAX_ITEMS:
        return format_list([str(each) for each in value], MAX_ITEMS)
    return format_metric(value) if isinstance(value, float) else str(value)
