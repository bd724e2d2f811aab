"""A progress bar for long jobs of a cluster."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

SECONDS_BEFORE_BAR = 2.0
SECONDS_BETWEEN_UPDATES = 0.25


@contextmanager
def job_progress(title: str) -> Iterator[None]:
    """Show a progress bar of Spark's tasks on standard error once the block has run for two seconds.

    Args:
        title: What the block does.
    """
    ended, succeeded = threading.Event(), threading.Event()
    thread = threading.Thread(target=_show_bar, args=(title, ended, succeeded), daemon=True)
    thread.start()
    try:
        yield
        succeeded.set()
    finally:
        ended.set()
        thread.join()


def _show_bar(title: str, ended: threading.Event, succeeded: threading.Event) -> None:
    if ended.wait(SECONDS_BEFORE_BAR):
        return
    columns = (TextColumn("{task.description}"), BarColumn(16), MofNCompleteColumn(), TextColumn("tasks"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), refresh_per_second=4) as progress:
        bar, stages = progress.add_task(title, total=None), _active_stages()
        while not ended.wait(SECONDS_BETWEEN_UPDATES):
            stages |= _active_stages()
            completed, total = map(sum, zip(*stages.values(), strict=True)) if stages else (0, None)
            progress.update(bar, completed=completed, total=total)
        if succeeded.is_set():
            total = sum(tasks for _, tasks in stages.values())
            progress.update(bar, completed=total, total=total)


def _active_stages() -> dict[int, tuple[int, int]]:
    """Return completed tasks and all tasks of every active stage, by the stage's number."""
    from pyspark import SparkContext

    context = SparkContext._active_spark_context
    if context is None:
        return {}
    tracker = context.statusTracker()
    infos = ((stage, tracker.getStageInfo(stage)) for stage in tracker.getActiveStageIds())
    return {stage: (info.numCompletedTasks, info.numTasks) for stage, info in infos if info is not None}
