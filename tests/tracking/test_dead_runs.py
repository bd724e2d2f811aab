"""Which open runs are certainly dead."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from types import SimpleNamespace
from typing import Any

import pytest

from sakon.tracking import dead_runs
from sakon.tracking.dead_runs import HEARTBEAT, MACHINE, MAX_HEARTBEAT_AGE, PID, PROCESS_START, is_dead, process_tags


def run(tags: dict[str, str]) -> Any:
    return SimpleNamespace(data=SimpleNamespace(tags=tags), info=SimpleNamespace(start_time=time.time() * 1000))


@pytest.fixture(scope="module")
def ended() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_run_of_this_process_lives() -> None:
    assert not is_dead(run(process_tags()))


def test_a_run_of_an_ended_process_is_dead(ended: int) -> None:
    assert is_dead(run(process_tags() | {PID: str(ended)}))


def test_a_process_with_the_number_of_an_ended_one_is_another(ended: int) -> None:
    hour_ago = str(round(time.time() - 3600))
    assert is_dead(run(process_tags() | {PID: str(os.getpid()), PROCESS_START: hour_ago}))


def test_a_run_elsewhere_is_dead_without_a_heartbeat(ended: int) -> None:
    elsewhere = process_tags() | {PID: str(ended), MACHINE: "elsewhere"}
    assert not is_dead(run(elsewhere))
    assert is_dead(run(elsewhere | {HEARTBEAT: str(time.time() - MAX_HEARTBEAT_AGE - 10)}))
    assert not is_dead(run({name: value for name, value in elsewhere.items() if name != HEARTBEAT}))


def test_runs_of_others_are_left_alone() -> None:
    assert not is_dead(run({}))


def test_machine_is_the_same_in_one_process() -> None:
    assert dead_runs.machine_id() == dead_runs.machine_id()
