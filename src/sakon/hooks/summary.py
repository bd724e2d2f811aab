"""A hook that prints the results of a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline

    from sakon.lazy import pd

MIN_WIDTH = 160
"""Characters of a line if the output is not a terminal."""


class SummaryHook:
    """Prints the results of a run, and where to find more."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Store the name of the problem."""
        from sakon.config_loader import problem_name

        self._problem = problem_name(context.env)

    @hook_impl
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Print a summary of every result of this run."""
        from rich.console import Console

        console = Console()
        if not console.is_terminal:
            console = Console(width=MIN_WIDTH)
        for result, texts in SUMMARIES.items():
            if result in pipeline.all_outputs():
                for text in texts(catalog, self._problem):
                    console.print(text)


def _of_comparison(catalog: DataCatalog, problem: str) -> Iterator[Any]:
    """Yield the leaderboard, the decision on the champion, and where to find more."""
    decision = catalog.load("evaluation.decision")
    yield _table(catalog.load("evaluation.leaderboard"), problem)
    verdict = "New champion" if decision.promoted else "No new champion"
    yield f"[bold]{verdict}:[/bold] {decision.reason}."
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


def _table(leaderboard: pd.DataFrame, problem: str) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from sakon.leaderboard import format_leaderboard

    rows = format_leaderboard(leaderboard)
    metric = leaderboard["metric"].iloc[0]
    title = f"{problem}: {metric} of every family on the test set, best first"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for name in rows.columns:
        table.add_column(name, justify="left" if name in ("family", "verdict") else "right", no_wrap=True)
    styles = {"failed": "red", "not trained": "dim"}
    for values, status in zip(rows.itertuples(index=False), leaderboard["status"], strict=True):
        table.add_row(*values, style=styles.get(status, ""))
    return table


SUMMARIES = {
    "evaluation.decision": _of_comparison,
    "scoring.scores": _of_scoring,
    "distributed_scoring.scores": _of_distributed_scoring,
}
