"""Use of processor and memory, recorded by MLflow's own monitor."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

SAMPLING_SECONDS = 1.0
"""Seconds between two samples."""
MAX_END_SECONDS = 5.0
"""Maximum wait for a monitor that ends: it may wait for a server that does not respond."""


class SystemMetrics:
    """Records the use of processor and memory in the run of this process' node, and in those of workers' nodes."""

    def __init__(self) -> None:
        self._monitors: dict[str, SystemMetricsMonitor] = {}
        self._run_id: str | None = None

    def switch(self, run_id: str | None) -> None:
        """Record in the run of another node of this process; in none if there is no id."""
        if run_id == self._run_id:
            return
        if self._run_id is not None:
            self._stop(self._run_id)
        self._run_id = run_id
        self.add(run_id)

    def add(self, run_id: str | None) -> None:
        """Record in one more run, until it is left."""
        if run_id is None or run_id in self._monitors:
            return
        from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

        self._monitors[run_id] = SystemMetricsMonitor(run_id, SAMPLING_SECONDS, resume_logging=True)
        self._monitors[run_id].start()

    def leave(self, run_id: str | None) -> None:
        """Stop recording in a run."""
        if run_id == self._run_id:
            self._run_id = None
        if run_id is not None:
            self._stop(run_id)

    def _stop(self, run_id: str) -> None:
        if (monitor := self._monitors.pop(run_id, None)) is not None:
            thread = threading.Thread(target=monitor.finish, daemon=True)
            thread.start()
            thread.join(MAX_END_SECONDS)
