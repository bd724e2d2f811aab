"""Runs that are killed or interrupted: the same command ends with the same bits, and nothing is half-written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="processes are forks"),
    pytest.mark.xdist_group("disturbed_runs"),  # one worker makes all runs
]
PROGRAM = Path(__file__).parent / "disturbed_runs.py"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("disturbed")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "tests"), str(ROOT / "src")])}
    command = [sys.executable, str(PROGRAM), str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    values: dict[str, Any] = json.loads((folder / "results.json").read_text())
    return values


def test_killed_runs_end_as_if_nothing_had_happened(results: dict[str, Any]) -> None:
    killed = results["killed"]
    assert killed["statuses"] == [0, 0], killed["log"]
    assert killed["files"] > 20
    assert killed["incomplete"] == [], f"half-written after a kill at {killed['moments']}"
    assert killed["different"] == [], f"killed at {killed['moments']}"
    assert killed["leftovers"] == []
    assert killed["checkpoints"] == []
    assert "RUNNING" not in killed["runs"]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_signals_interrupt_a_run(results: dict[str, Any], name: str) -> None:
    """The second and third run resume from the checkpoint of the one before."""
    interrupted = results[name]
    assert interrupted["status"] == 128 + signal.Signals[name], interrupted["message"]
    assert "Interrupted. Completed outputs were kept; rerun the command to resume." in interrupted["message"]
    assert "Traceback" not in interrupted["message"]
    assert interrupted["run"] == "KILLED"
    assert interrupted["resumed"] == (name != "SIGTERM")
    assert interrupted["leftovers"] == []


def test_a_killed_worker_is_the_failure_of_its_family_alone(results: dict[str, Any]) -> None:
    workers = results["workers"]
    assert len(workers["failures"]) == 1
    assert (
        "expected its process to train it, found that the process ended with signal 9 (SIGKILL)"
        in (workers["failures"][0])
    )
    assert workers["statuses_after_kill"].count("FAILED") == 1
    assert workers["other_continues"]


def test_an_interrupt_ends_all_workers(results: dict[str, Any]) -> None:
    workers = results["workers"]
    assert workers["status"] == 128 + signal.SIGINT, workers["message"]
    assert "Interrupted. Completed outputs were kept; rerun the command to resume." in workers["message"]
    assert "Traceback" not in workers["message"]
    assert "RUNNING" not in workers["statuses"]
    assert workers["leftovers"] == []


def test_workers_end_with_the_main_process(results: dict[str, Any]) -> None:
    assert results["workers"]["orphans"] == [[], []]
