"""A hook that prints the results of a run."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl

from sakon.workers import MainProcessHook

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline
    from rich.console import Console
    from rich.table import Table

    from sakon.lazy import pd

FILE_WIDTH = 160
"""Characters of a line if the output is not a terminal."""
OPTIONAL_COLUMNS = ("ms/1000", "train s", "parameters", "validation", "verdict", "interval")
"""Columns of the leaderboard that are left out, in this order, where the terminal is too narrow for all."""
MAX_WIDTH = 10_000
"""Width in which every table fits."""


class SummaryHook(MainProcessHook):
    """Prints the results of a run, and where to find more."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Store the name of the problem."""
        from sakon.config_loader import problem_name

        self._problem = problem_name(context.env)

    @hook_impl
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Print a summary of every result of this run."""
        from sakon.output import replace_missing_characters

        replace_missing_characters()
        console = _console()
        for result, texts in SUMMARIES.items():
            if result in pipeline.all_outputs():
                for text in texts(catalog, self._problem):
                    if isinstance(text, str):
                        console.print(text, soft_wrap=True)
                    else:
                        print_leaderboard(text, self._problem, console)


def _console() -> Console:
    """Return the console; a file or a pipe, also one in colour (FORCE_COLOR), has a width of its own."""
    from rich.console import Console

    is_terminal = getattr(sys.stdout, "isatty", lambda: False)()
    return Console() if is_terminal or os.environ.get("COLUMNS") else Console(width=FILE_WIDTH)


def print_leaderboard(leaderboard: pd.DataFrame, problem: str, console: Console) -> None:
    """Print the leaderboard; figures are never cut.

    Where the terminal is too narrow, whole columns are left out; where it is too narrow even for family and metric,
    each family has lines of its own.

    Args:
        leaderboard: The leaderboard that evaluation saves.
        problem: Name of the problem.
        console: Where to print.
    """
    from rich.measure import Measurement

    from sakon.leaderboard import format_leaderboard

    rows, statuses = format_leaderboard(leaderboard), list(leaderboard["status"])
    title = f"{problem}: {leaderboard['metric'].iloc[0]} of every family on the test set, best first"
    unlimited = console.options.update(max_width=MAX_WIDTH)
    omitted: list[str] = []
    for column in ("", *OPTIONAL_COLUMNS):
        omitted += [column] if column else []
        table = _table(rows.drop(columns=omitted), title, statuses)
        if Measurement.get(console, unlimited, table).maximum <= console.width:
            console.print(table)
            break
    else:
        console.print(title, soft_wrap=True, markup=False)
        for row in rows.drop(columns=omitted).itertuples(index=False):
            console.print(": ".join(filter(None, row)), soft_wrap=True, markup=False)
    if omitted:
        console.print(f"Not shown for lack of space: {', '.join(omitted)}; see leaderboard.csv.", soft_wrap=True)


def _of_ingestion(catalog: DataCatalog, problem: str) -> Iterator[str]:
    """Yield what a user should know of the records."""
    from rich.markup import escape

    from sakon.records.profile import describe_records

    for sentence in describe_records(catalog.load("profile")):
        yield f"[bold]Note:[/bold] {escape(sentence)}"


def _of_comparison(catalog: DataCatalog, problem: str) -> Iterator[str | pd.DataFrame]:
    """Yield the leaderboard, the decision on the champion, and where to find more."""
    from rich.markup import escape

    decision = catalog.load("evaluation.decision")
    yield catalog.load("evaluation.leaderboard")
    verdict = "New champion" if decision.promoted else "No new champion"
    yield f"[bold]{verdict}:[/bold] {escape(decision.reason)}."
    env = "" if problem == "digits" else f" --env {problem}"
    choice = "" if problem == "digits" else f" PROBLEM={problem}"
    yield (
        f"\nSee also: [cyan]data/08_reporting/{problem}/report.html[/cyan]; [cyan]mlflow ui[/cyan] or "
        f"[cyan]make ui[/cyan] (runs, curves, models); [cyan]kedro viz run{env}[/cyan] or "
        f"[cyan]make viz{choice}[/cyan]"
    )


def _of_scoring(catalog: DataCatalog, problem: str) -> Iterator[str]:
    """Yield the champion, the number of predictions, their metrics and the drift."""
    from rich.markup import escape

    from sakon.scoring_summary import format_scores

    for title, sentence in format_scores(catalog.load("scoring.scores"), catalog.load("scoring.drift_table")).items():
        yield f"[bold]{title}:[/bold] {escape(sentence)}"
    yield (
        f"\nSee also: [cyan]data/07_model_output/{problem}/scoring/predictions.csv[/cyan] (and .parquet); "
        f"[cyan]data/08_reporting/{problem}/scoring/[/cyan] (scores, drift)"
    )


def _of_distributed_scoring(catalog: DataCatalog, problem: str) -> Iterator[str]:
    """Yield the champion, the number of predictions on the cluster and their metrics."""
    from rich.markup import escape

    from sakon.scoring_summary import format_scores

    for title, sentence in format_scores(catalog.load("distributed_scoring.scores")).items():
        yield f"[bold]{title}:[/bold] {escape(sentence)}"
    yield (
        f"\nSee also: [cyan]data/07_model_output/{problem}/distributed_scoring/predictions.parquet[/cyan]; "
        f"[cyan]data/08_reporting/{problem}/distributed_scoring/scores.json[/cyan]"
    )


def _table(rows: pd.DataFrame, title: str, statuses: list[str]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left", box=SIMPLE_HEAD)
    for name in rows.columns:
        table.add_column(name, justify="left" if name in ("family", "verdict") else "right", no_wrap=True)
    styles = {"failed": "red", "not trained": "dim"}
    for values, status in zip(rows.itertuples(index=False), statuses, strict=True):
        table.add_row(*map(Text, values), style=styles.get(status, ""))
    return table


SUMMARIES = {
    "profile": _of_ingestion,
    "evaluation.decision": _of_comparison,
    "scoring.scores": _of_scoring,
    "distributed_scoring.scores": _of_distributed_scoring,
}
