"""A real cluster on 127.0.0.1, a master and two workers: killed workers, and the project's code on workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import yaml
from conftest import ROOT
from spark.examples import digits, write
from spark.train_on_cluster import train

from sakon.spark.cluster import Cluster
from sakon.spark.standalone import standalone_cluster
from sakon.training.events import TrainingEvents


@pytest.fixture(scope="module")
def address(java: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a cluster."""
    marker = str(tmp_path_factory.mktemp("cluster"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAKON_CLUSTER", marker)
        with standalone_cluster() as started:
            yield started


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with the digits."""
    for examples, name in zip(digits(), ("train", "validation"), strict=False):
        write(examples, tmp_path / f"{name}.parquet")
    return tmp_path


def train_and_kill_workers(folder: Path, address: str) -> tuple[list[np.ndarray], dict[str, object]]:
    """Return the weights of a disturbed training on a cluster, and its summary."""
    environment = {**os.environ, "SPARK_MASTER": address, "PYTHONPATH": str(ROOT / "tests")}
    command = [sys.executable, "-m", "spark.train_on_cluster", str(folder)]
    process = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr[-3000:]
    with np.load(folder / "weights.npz") as archive:
        return [archive[name] for name in archive.files], yaml.safe_load((folder / "summary.yml").read_text())


def test_killed_workers_do_not_change_the_weights(address: str, files: Path, cluster: Cluster) -> None:
    undisturbed = train(files, cluster, TrainingEvents())
    disturbed, summary = train_and_kill_workers(files, address)
    assert summary["killed"] == 2
    assert summary["epochs"] == len(undisturbed.history)
    for value, other in zip(disturbed, undisturbed.model.get_weights(), strict=True):
        np.testing.assert_array_equal(value, other)
    # Workers import the code that the driver sent, not a version that is installed there.
    assert "sakon.zip" in str(summary["package"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_stopped_cluster_leaves_no_process(java: None, tmp_path: Path, number: signal.Signals) -> None:
    output = tmp_path / "output.txt"
    with output.open("w") as file:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        command = subprocess.Popen([sys.executable, "-m", "sakon.spark.standalone"], stdout=file, env=environment)
    deadline = time.monotonic() + 60
    while "Ctrl-C stops it" not in output.read_text() and time.monotonic() < deadline:
        time.sleep(0.2)
    children = psutil.Process(command.pid).children(recursive=True)
    assert len(children) >= 3
    command.send_signal(number)
    assert command.wait(60) == 0
    assert output.read_text().endswith("Stopped.\n")
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive
