"""A bar for what a cluster does, where that takes a while."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

QUIET_SECONDS = 2.0
PAUSE = 0.25


@contextmanager
def job_progress(what: str) -> Iterator[None]:
    """Show a bar of Spark's tasks on standard error, once the block has run for two seconds.

    Args:
        what: Is done in the block.
    """
    ended, whole = threading.Event(), threading.Event()
    watch = threading.Thread(target=_watch, args=(what, ended, whole), daemon=True)
    watch.start()
    try:
        yield
        whole.set()
    finally:
        ended.set()
        watch.join()


def _watch(what: str, ended: threading.Event, whole: threading.Event) -> None:
    if ended.wait(QUIET_SECONDS):
        return
    columns = (TextColumn("{task.description}"), BarColumn(16), MofNCompleteColumn(), TextColumn("tasks"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), refresh_per_second=4) as bar:
        shown, stages = bar.add_task(what, total=None), _stages()
        while not ended.wait(PAUSE):
            stages |= _stages()
            done, tasks = map(sum, zip(*stages.values(), strict=True)) if stages else (0, None)
            bar.update(shown, completed=done, total=tasks)
        if whole.is_set():
            tasks = sum(tasks for _, tasks in stages.values())
            bar.update(shown, completed=tasks, total=tasks)


def _stages() -> dict[int, tuple[int, int]]:
    """Return tasks done and tasks in all of every stage that runs now, by its number."""
    from pyspark import SparkContext

    context = SparkContext._active_spark_context
    if context is None:
        return {}
    tracker = context.statusTracker()
    infos = ((stage, tracker.getStageInfo(stage)) for stage in tracker.getActiveStageIds())
    return {stage: (info.numCompletedTasks, info.numTasks) for stage, info in infos if info is not None}
