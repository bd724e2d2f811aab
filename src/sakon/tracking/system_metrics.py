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
    """Records the use of processor and memory in one run at a time."""

    def __init__(self) -> None:
        self._monitor: SystemMetricsMonitor | None = None
        self._run_id: str | None = None

    def switch(self, run_id: str | None) -> None:
        """Record in a run instead of the one before; in none if there is no id."""
        if run_id == self._run_id:
            return
        from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

        if self._monitor is not None:
            thread = threading.Thread(target=self._monitor.finish, daemon=True)
            thread.start()
            thread.join(MAX_END_SECONDS)
            self._monitor = None
        self._run_id = run_id
        if run_id is not None:
            self._monitor = SystemMetricsMonitor(run_id, SAMPLING_SECONDS, resume_logging=True)
            self._monitor.start()

    def leave(self, run_id: str | None) -> None:
        """Stop recording if it goes into that run."""
        if run_id is not None and run_id == self._run_id:
            self.switch(None)
