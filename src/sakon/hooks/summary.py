"""What came out of a run, on the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline

    from sakon.lazy import pd

NARROWEST = 130


class SummaryHook:
    """Prints the leaderboard, the decision on the champion, and where to look further."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Keep the name of the problem."""
        from sakon.config_loader import problem_name

        self._problem = problem_name(context.env)

    @hook_impl
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Print the summary of a run that ended in a leaderboard."""
        if "evaluation.decision" not in pipeline.all_outputs():
            return
        from rich.console import Console

        console = Console()
        if not console.is_terminal:
            console = Console(width=NARROWEST)
        leaderboard = catalog.load("evaluation.leaderboard")
        decision = catalog.load("evaluation.decision")
        console.print(_table(leaderboard, self._problem))
        verdict = "New champion" if decision["promoted"] else "No new champion"
        console.print(f"[bold]{verdict}:[/bold] {decision['reason']}.")
        env = "" if self._problem == "digits" else f" --env {self._problem}"
        choice = "" if self._problem == "digits" else f" PROBLEM={self._problem}"
        console.print(
            f"\nLook further: [cyan]data/08_reporting/{self._problem}/report.html[/cyan]; [cyan]mlflow ui[/cyan] or "
            f"[cyan]make ui[/cyan] (runs, curves, models); [cyan]kedro viz run{env}[/cyan] or "
            f"[cyan]make viz{choice}[/cyan]"
        )


def _table(leaderboard: pd.DataFrame, problem: str) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from sakon.leaderboard import readable

    rows = readable(leaderboard)
    metric = leaderboard["metric"].iloc[0]
    title = f"{problem}: {metric} of every family on the test set, best first"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for name in rows.columns:
        table.add_column(name, justify="left" if name in ("family", "verdict") else "right", no_wrap=True)
    styles = {"failed": "red", "not trained": "dim"}
    for values, status in zip(rows.itertuples(index=False), leaderboard["status"], strict=True):
        table.add_row(*values, style=styles.get(status, ""))
    return table
