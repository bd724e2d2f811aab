"""One progress bar per training."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.text import Text

MOST_SHOWN = 2

EpochListener = Callable[[int, dict[str, float]], None]

# Told of every epoch as it ends, as (epoch from 1, metrics): how live curves reach whoever records
# them, without the training knowing who that is.
listeners: list[EpochListener] = []


class _Note(ProgressColumn):
    """What is said of the last epoch: the one column that is cut short where the terminal is narrow."""

    def render(self, task: Task) -> Text:
        """Return the note of a bar."""
        return Text(task.fields["note"], no_wrap=True, overflow="ellipsis")


class EpochProgress:
    """A bar on standard error that advances by epochs; where there is no terminal, one line at the end.

    Args:
        name: What is trained.
        epochs: Most epochs.
        done: Epochs already done by a resumed training.
        unit: What is counted.
    """

    def __init__(self, name: str, epochs: int, done: int = 0, unit: str = "epochs") -> None:
        columns = (
            TextColumn("{task.description:<12}", table_column=Column(no_wrap=True)),
            BarColumn(16, table_column=Column(no_wrap=True)),
            MofNCompleteColumn(table_column=Column(no_wrap=True)),
            TextColumn(unit, table_column=Column(no_wrap=True)),
            TimeElapsedColumn(table_column=Column(no_wrap=True)),
            _Note(),
        )
        self._bar = Progress(*columns, console=Console(stderr=True), refresh_per_second=4)
        self._done = done
        self._task = self._bar.add_task(name, total=epochs, completed=done, note="")

    def __enter__(self) -> EpochProgress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def advance(self, metrics: dict[str, float]) -> None:
        """Show one more epoch and its validation metrics, and tell the listeners."""
        self._done += 1
        for listener in listeners:
            listener(self._done, metrics)
        shown = {name: value for name, value in metrics.items() if name.startswith("val_")} or metrics
        first = sorted(shown, key=lambda name: (name != "val_loss", list(shown).index(name)))[:MOST_SHOWN]
        note = "  ".join(f"{name} {shown[name]:.4g}" for name in first)
        self._bar.update(self._task, advance=1, note=note)

    def finish(self, epochs: int) -> None:
        """Show the training as complete after `epochs`, even if it stopped early."""
        self._bar.update(self._task, total=epochs, completed=epochs)
