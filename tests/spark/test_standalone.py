"""A real cluster, a master and two workers on 127.0.0.1: workers die, the project's code is shipped."""

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

from sakon.spark.standalone import standalone


@pytest.fixture(scope="module")
def master(java: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a cluster."""
    mark = str(tmp_path_factory.mktemp("cluster"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAKON_CLUSTER", mark)
        with standalone() as address:
            yield address


def trained(folder: Path, master: str, *options: str) -> tuple[list[np.ndarray], dict[str, object]]:
    folder.mkdir()
    train, validation, _ = digits()
    write(train, folder / "train.parquet")
    write(validation, folder / "validation.parquet")
    environment = {**os.environ, "SPARK_MASTER": master, "PYTHONPATH": str(ROOT / "tests")}
    done = subprocess.run(
        [sys.executable, "-m", "spark.on_cluster", str(folder), *options],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(folder / "weights.npz") as archive:
        return [archive[name] for name in archive.files], yaml.safe_load((folder / "facts.yml").read_text())


def test_workers_that_die_change_nothing(master: str, tmp_path: Path) -> None:
    undisturbed, quiet = trained(tmp_path / "undisturbed", master)
    disturbed, facts = trained(tmp_path / "disturbed", master, "kill")
    assert (quiet["killed"], facts["killed"]) == (0, 2)
    assert facts["epochs"] == quiet["epochs"]
    for ours, theirs in zip(disturbed, undisturbed, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    # What a worker imports is what the driver has sent, not what happens to be installed there.
    assert "sakon.zip" in str(quiet["code"])


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda ending: ending.name)
def test_a_cluster_that_is_ended_leaves_nothing_running(java: None, tmp_path: Path, ending: signal.Signals) -> None:
    said = tmp_path / "said.txt"
    with said.open("w") as file:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        command = subprocess.Popen([sys.executable, "-m", "sakon.spark.standalone"], stdout=file, env=environment)
    until = time.monotonic() + 60
    while "Ctrl-C stops it" not in said.read_text() and time.monotonic() < until:
        time.sleep(0.2)
    parts = psutil.Process(command.pid).children(recursive=True)
    assert len(parts) >= 3
    command.send_signal(ending)
    assert command.wait(60) == 0
    assert said.read_text().endswith("Stopped.\n")
    _, left = psutil.wait_procs(parts, timeout=20)
    assert not left
