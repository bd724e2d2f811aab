"""A heartbeat of the open runs: other machines see that they are alive."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from sakon.tracking.dead_runs import HEARTBEAT, HEARTBEAT_SECONDS

if TYPE_CHECKING:
    import mlflow


class Heartbeat:
    """Writes the time into a tag of every open run, in a thread, so that nothing waits for it.

    Args:
        client: MLflow client of the store.
        open_runs: Returns the ids of the runs that are open.
        seconds: Time between two beats.
    """

    def __init__(
        self, client: mlflow.MlflowClient, open_runs: Callable[[], Iterable[str]], seconds: float = HEARTBEAT_SECONDS
    ) -> None:
        self._client = client
        self._open_runs = open_runs
        self._seconds = seconds
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread, unless it runs."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._beat, daemon=True, name="MlflowHeartbeat")
            self._thread.start()

    def stop(self) -> None:
        """Let the thread end; a beat that waits for the server is not waited for."""
        self._stopped.set()

    def _beat(self) -> None:
        while not self._stopped.wait(self._seconds):
            for run_id in list(self._open_runs()):
                with contextlib.suppress(Exception):  # a missing beat is no error
                    self._client.set_tag(run_id, HEARTBEAT, str(round(time.time())))
