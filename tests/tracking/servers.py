"""Waiting for servers that a test started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time

import requests

MAX_START_SECONDS = 180


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server responds."""
    deadline = time.monotonic() + MAX_START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(address, timeout=2).ok:
                return
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.3)
    raise AssertionError(f"{address}: the server did not start within {MAX_START_SECONDS} s")


def end(process: subprocess.Popen[bytes]) -> None:
    """End a server with all its workers."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=30)
