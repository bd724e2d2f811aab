"""Runs whose process has ended without closing them.

A run is certainly dead in two cases. Its process was started on this machine, since its last start, among the processes
that are visible here, and no such process exists. Or it was started elsewhere, and its heartbeat is older than
`MAX_HEARTBEAT_AGE`. A run that says neither is left open: it may be another machine's.
"""

from __future__ import annotations

import os
import socket
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow.entities import Run

HEARTBEAT_SECONDS = 60.0
"""Seconds between two heartbeats of an open run."""
MAX_HEARTBEAT_AGE = 15 * 60.0
"""Seconds without a heartbeat after which a run of another machine counts as dead."""
MAX_CLOCK_DIFFERENCE = 60
"""Seconds by which the recorded start of a process, or of its run, may differ from what the system says now."""
PID, HOST, MACHINE, PROCESS_START, HEARTBEAT, FAILURE = (
    f"sakon.{name}" for name in ("pid", "host", "machine", "process_start", "heartbeat", "failure")
)


@cache
def machine_id() -> str:
    """Return an identifier of this machine since its last start, and of the processes that are visible here.

    The name of the host alone is not enough: containers and machines share names.
    """
    boot, namespace = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    try:
        return f"{socket.gethostname()}/{boot.read_text().strip()}/{namespace.readlink()}"
    except OSError:  # not Linux
        return socket.gethostname()


def process_tags() -> dict[str, str]:
    """Return tags by which a later process finds out whether this one still runs."""
    import psutil

    return {
        PID: str(os.getpid()),
        HOST: socket.gethostname(),
        MACHINE: machine_id(),
        PROCESS_START: str(round(psutil.Process().create_time())),
        HEARTBEAT: str(round(time.time())),
    }


def close_dead_runs(experiment: str) -> None:
    """Mark as killed the open runs of an experiment whose process has certainly ended."""
    import mlflow

    client = mlflow.MlflowClient()
    for run in client.search_runs([experiment], "attributes.status = 'RUNNING'"):
        if is_dead(run):
            client.set_tag(run.info.run_id, FAILURE, "the process was killed")
            client.set_terminated(run.info.run_id, "KILLED")


def is_dead(run: Run) -> bool:
    """Return whether the process of an open run has certainly ended."""
    tags = run.data.tags
    if PID not in tags:  # not a run of this project
        return False
    is_here = tags[MACHINE] == machine_id() if MACHINE in tags else tags.get(HOST) == socket.gethostname()
    if is_here:
        return _has_ended(int(tags[PID]), _number(tags.get(PROCESS_START)), run.info.start_time / 1000)
    heartbeat = _number(tags.get(HEARTBEAT))
    return heartbeat is not None and time.time() - heartbeat > MAX_HEARTBEAT_AGE


def _has_ended(pid: int, process_start: float | None, run_start: float) -> bool:
    """Return whether the process that started a run has ended; its number may belong to a new process."""
    import psutil

    try:
        start = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return True
    if process_start is not None:
        return bool(abs(start - process_start) > MAX_CLOCK_DIFFERENCE)
    return bool(start > run_start + MAX_CLOCK_DIFFERENCE)


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
