"""A progress bar for each training that runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl

from sakon.datasets.events import events_in
from sakon.training.events import TrainingId, TrainingListener
from sakon.workers import MainProcessHook

if TYPE_CHECKING:
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline
    from rich.console import Console, ConsoleOptions
    from rich.measure import Measurement
    from rich.progress import Progress, Task, TaskID

MAX_METRICS = 2
SEPARATOR = "  "
NARROW_WIDTH = 72
"""Width from which there is room for bar, unit and time besides the name of a training and its count."""


class ProgressHook(MainProcessHook):
    """Subscribes progress bars to the trainings of a run."""

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Subscribe to the events of every training of the run."""
        bars = ProgressBars()
        for events in events_in(catalog, pipeline.inputs()):
            events.subscribe(bars)


class ProgressBars(TrainingListener):
    """Bars on standard error that advance by epochs, one line for each training that runs.

    The line of a training stays when it ends. Outside a terminal there is only that line.
    """

    def __init__(self) -> None:
        self._tasks: dict[TrainingId, TaskID] = {}
        self._progress: Progress | None = None

    def on_train_begin(self, training: TrainingId, total: int, done: int, unit: str) -> None:
        """Show the bar of a training."""
        if self._progress is None:
            self._progress = _progress()
            if self._progress.console.is_interactive or self._progress.console.is_jupyter:
                self._progress.start()
        name = f"{training.family} ({training.variant})" if training.variant else training.family
        self._tasks[training] = self._progress.add_task(name, total=total, completed=done, unit=unit, metrics=())

    def on_epoch_end(self, training: TrainingId, epoch: int, metrics: Mapping[str, float]) -> None:
        """Advance the bar of a training and show its validation metrics, `val_loss` first."""
        assert self._progress is not None
        values = {name: value for name, value in metrics.items() if name.startswith("val_")} or metrics
        first = sorted(values, key=lambda name: (name != "val_loss", list(values).index(name)))[:MAX_METRICS]
        texts = tuple(f"{name} {values[name]:.4g}" for name in first)
        self._progress.update(self._tasks[training], completed=epoch, metrics=texts)

    def on_train_end(self, training: TrainingId, epochs: int) -> None:
        """Print the bar of a training as complete, also where it stopped early; one without an epoch has no line."""
        progress, task = self._progress, self._tasks.pop(training)
        assert progress is not None
        progress.update(task, total=epochs, completed=epochs)
        line = progress.make_tasks_table([each for each in progress.tasks if each.id == task])
        progress.remove_task(task)
        if not self._tasks:
            progress.live.stop()
            self._progress = None
        elif progress.live.is_started:
            progress.refresh()  # the line is printed above the bars, which are drawn again as they were last
        if epochs:
            progress.console.print(line)


@dataclass(frozen=True)
class WholeTexts:
    """As many texts as fit into a line, none of them cut.

    Attributes:
        texts: The texts, the most important one first.
    """

    texts: tuple[str, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[str]:
        """Yield the first texts that fit."""
        line = SEPARATOR.join(self.texts)
        count = len(self.texts)
        while len(line) > options.max_width:
            count -= 1
            line = SEPARATOR.join(self.texts[:count])
        yield line

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Return the width: none if there is no room."""
        from rich.measure import Measurement

        return Measurement(0, len(SEPARATOR.join(self.texts)))


def _progress() -> Progress:
    """Return bars: name, bar, count, unit, time, and the metrics of the last epoch; a narrow terminal shows fewer."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    class MetricsColumn(ProgressColumn):
        """The metrics, as far as there is room."""

        def render(self, task: Task) -> Any:
            """Return the metrics of a bar."""
            return WholeTexts(task.fields["metrics"])

    console = Console(stderr=True)
    columns: list[ProgressColumn] = [
        TextColumn("{task.description:<12}", table_column=Column(no_wrap=True)),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
    ]
    if console.width >= NARROW_WIDTH:
        columns.insert(1, BarColumn(16, table_column=Column(no_wrap=True)))
        columns.append(TextColumn("{task.fields[unit]}", table_column=Column(no_wrap=True)))
        columns += [TimeElapsedColumn(table_column=Column(no_wrap=True)), MetricsColumn()]
    return Progress(*columns, console=console, refresh_per_second=4, transient=True)
