"""A disturbed training in a separate process: python -m spark.train_on_cluster FOLDER; see test_standalone.

It trains on the cluster of SPARK_MASTER and writes the weights to FOLDER/weights.npz. It kills a worker's Python
process in the middle of the second epoch, and a whole executor in the middle of the fourth.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from listeners import events_calling
from spark.examples import PROBLEM, SETTINGS, SPEC

from sakon import families
from sakon.pipelines.mlp.config import Config
from sakon.spark.cluster import Cluster
from sakon.spark.config import DistributedConfig
from sakon.spark.driver import DistributedTraining, fit_distributed
from sakon.spark.partitions_dataset import PartitionsDataset
from sakon.spark.session import spark_session
from sakon.spark.worker import NetworkSpec
from sakon.training.checkpoints import Checkpoints
from sakon.training.events import TrainingEvents

EPOCHS = 6
SECONDS_INTO_EPOCH = 0.3
EXECUTOR = "org.apache.spark.executor.CoarseGrainedExecutorBackend"
PYTHON = "pyspark.daemon"


def kill_later(command: str, killed: list[int]) -> None:
    """Kill the newest process of this test's cluster with a command line, a moment later."""

    def kill() -> None:
        time.sleep(SECONDS_INTO_EPOCH)
        output = subprocess.run(["pgrep", "-f", command], capture_output=True, text=True, check=False).stdout.split()
        of_cluster = [int(pid) for pid in output if _is_of_cluster(int(pid))]
        for pid in of_cluster[-1:]:
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    threading.Thread(target=kill).start()


def _is_of_cluster(pid: int) -> bool:
    """Return whether a process is of this test's cluster: other tests may run at the same time."""
    try:
        return os.environ["SAKON_CLUSTER"] in Path(f"/proc/{pid}/environ").read_text("utf-8", errors="replace")
    except OSError:
        return False


def train(folder: Path, cluster: Cluster, events: TrainingEvents) -> DistributedTraining:
    """Train an mlp on the digits in a folder, on two partitions."""
    files = [PartitionsDataset(filepath=str(folder / f"{name}.parquet")).load() for name in ("train", "validation")]
    config = Config(units=(32,), epochs=EPOCHS, learning_rate=0.01)
    network = NetworkSpec(families.get("mlp").build, SPEC, config, PROBLEM)
    checkpoints = Checkpoints(folder / "checkpoints")
    training = fit_distributed(network, *files, DistributedConfig(partitions=2), cluster, checkpoints, events)
    checkpoints.clear()  # the next training in this folder begins anew
    return training


def main(folder: Path) -> None:
    """Train, kill workers, and write weights and summary."""
    killed: list[int] = []

    def listen(epoch: int) -> None:
        if epoch in (1, 3):
            kill_later(PYTHON if epoch == 1 else EXECUTOR, killed)

    cluster = Cluster(lambda: spark_session(SETTINGS))
    result = train(folder, cluster, events_calling(listen))
    package = cluster.map(package_path, [0])
    summary: dict[str, Any] = {"killed": len(killed), "epochs": len(result.history), "package": package[0]}
    (folder / "summary.yml").write_text(yaml.safe_dump(summary))
    np.savez(folder / "weights.npz", *result.model.get_weights())


def package_path(_: int) -> str:
    """Return the path from which a worker imports the project."""
    import sakon

    return str(sakon.__file__)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
