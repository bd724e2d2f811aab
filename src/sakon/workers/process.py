"""A worker process as the main process sees it."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, TypeAlias

import sakon
from sakon.workers.channel import Channel
from sakon.workers.messages import Event, Printed, ProcessEnded, Request, SessionDescription

PACKAGE_FOLDER = str(Path(sakon.__file__).parent.parent)
PROGRAM = "sakon.worker"
MAX_EXIT_SECONDS = 5.0
"""Maximum time between the last message of a process and its end."""
VARIABLES = {
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",  # by default the first process takes all memory of a GPU
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
}
"""Variables by which several processes share a GPU, unless they are set already."""

Events: TypeAlias = "queue.Queue[tuple[WorkerProcess, Event]]"


class WorkerProcess:
    """A process that trains one family after another. It starts at once, and imports what it needs.

    It is a program of its own, not a fork, so it does not matter what this process has imported or started.

    Args:
        session: The session from which it makes its own.
        events: Receives what it sends.
    """

    def __init__(self, session: SessionDescription, events: Events) -> None:
        self.family = ""
        self._events = events
        # This package first: MLflow leaves the code of the models that it loads at the start of the path.
        path = os.pathsep.join(filter(None, [PACKAGE_FOLDER, *sys.path, os.environ.get("PYTHONPATH", "")]))
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", "-m", PROGRAM],  # -P: files of the working directory replace no modules
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**VARIABLES, **os.environ, "PYTHONPATH": path},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._channel = Channel(self._process.stdout, self._process.stdin)
        self._printer = threading.Thread(target=self._read_output, args=[self._process.stderr], daemon=True)
        self._printer.start()
        threading.Thread(target=self._receive, daemon=True).start()
        self.send(session)

    def send(self, request: Request) -> None:
        """Send a request; if the process has ended, it says so by `ProcessEnded`."""
        try:
            self._channel.send(request)
        except OSError:
            return

    def close(self) -> None:
        """Let the process end when it has nothing to do."""
        self._channel.close()

    def terminate(self) -> None:
        """Interrupt the process: it removes its temporary files and ends."""
        self._process.terminate()

    def kill_after(self, seconds: float) -> None:
        """Wait until the process has ended, and kill it after some seconds."""
        try:
            self._process.wait(max(seconds, 0.0))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _receive(self) -> None:
        try:
            while True:
                self._events.put((self, self._channel.receive()))
        except EOFError:
            self.kill_after(MAX_EXIT_SECONDS)
        except Exception:  # what it wrote is no message
            self.kill_after(0.0)
        self._printer.join(MAX_EXIT_SECONDS)
        self._events.put((self, ProcessEnded(self._process.wait())))

    def _read_output(self, stream: IO[bytes]) -> None:
        for line in stream:
            self._events.put((self, Printed(line.decode(errors="replace").rstrip("\r\n"))))
