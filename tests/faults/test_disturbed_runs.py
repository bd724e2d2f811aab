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
