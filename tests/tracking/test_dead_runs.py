"""Which open runs are certainly dead."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from sakon.tracking.dead_runs import MAX_CLOCK_DIFFERENCE, MAX_HEARTBEAT_AGE, is_dead, machine_id, process_tags
from sakon.tracking.heartbeat import Heartbeat


def run_with(started: float | None = None, **tags: object) -> Any:
    """Return an open run with these tags; `None` leaves one out."""
    all_tags = process_tags() | {f"sakon.{name}": str(value) for name, value in tags.items()}
    present = {key: value for key, value in all_tags.items() if value != "None"}
    start = (time.time() if started is None else started) * 1000
    return SimpleNamespace(info=SimpleNamespace(start_time=start), data=SimpleNamespace(tags=present))


@pytest.fixture
def ended() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_run_of_this_process_is_alive() -> None:
    assert not is_dead(run_with())
    assert not is_dead(run_with(heartbeat=0))


def test_a_process_that_is_gone_or_another_with_its_number_is_dead(ended: int) -> None:
    assert is_dead(run_with(pid=ended))
    start = psutil.Process().create_time()
    assert is_dead(run_with(process_start=start - 2 * MAX_CLOCK_DIFFERENCE))
    assert is_dead(run_with(started=start - 2 * MAX_CLOCK_DIFFERENCE, process_start=None))


def test_a_run_of_another_machine_is_dead_only_after_its_heartbeat_stopped(ended: int) -> None:
    elsewhere = {"machine": "another", "host": "another", "pid": ended}
    assert not is_dead(run_with(**elsewhere, heartbeat=time.time() - MAX_HEARTBEAT_AGE / 2))
    assert is_dead(run_with(**elsewhere, heartbeat=time.time() - 2 * MAX_HEARTBEAT_AGE))
    assert not is_dead(run_with(**elsewhere, heartbeat=None))
    assert not is_dead(run_with(**elsewhere, heartbeat="nonsense"))


def test_a_machine_with_the_same_name_is_another_machine(ended: int) -> None:
    assert machine_id().startswith(socket.gethostname())
    assert not is_dead(run_with(machine=f"{socket.gethostname()}/another boot", pid=ended))


def test_runs_of_others_are_left_alone() -> None:
    assert not is_dead(run_with(pid=None, heartbeat=0))


def test_open_runs_have_a_heartbeat() -> None:
    beats: list[tuple[str, str, float]] = []

    def set_tag(run_id: str, key: str, value: str) -> None:
        beats.append((run_id, key, float(value)))
        raise ConnectionError  # does not end the thread

    heartbeat = Heartbeat(SimpleNamespace(set_tag=set_tag), lambda: ["run"], seconds=0.01)  # type: ignore[arg-type]
    heartbeat.start()
    deadline = time.monotonic() + 10
    while len(beats) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    heartbeat.stop()
    assert len(beats) >= 2
    assert beats[0][:2] == ("run", "sakon.heartbeat")
    assert beats[0][2] == pytest.approx(time.time(), abs=20)
    assert os.getpid() == int(process_tags()["sakon.pid"])
