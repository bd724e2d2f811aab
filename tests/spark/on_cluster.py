"""A distributed training in a process of its own: python -m spark.on_cluster FOLDER [kill]; see test_standalone.

It trains on the cluster that SPARK_MASTER names, writes the weights to FOLDER/weights.npz, and with `kill` kills a
worker's Python in the middle of the second epoch, and a whole executor in the middle of the fourth.
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
from sakon.spark import training
from sakon.spark.cluster import Cluster
from sakon.spark.config import DistributedConfig
from sakon.spark.partitions import PartitionsDataset
from sakon.spark.session import session
from sakon.training.checkpoints import Checkpoints

EPOCHS = 6
INTO_AN_EPOCH = 0.3
EXECUTOR = "org.apache.spark.executor.CoarseGrainedExecutorBackend"
PYTHON = "pyspark.daemon"


def kill_soon(what: str, killed: list[int]) -> None:
    """Kill the processes of this session's cluster that run something, a moment later."""

    def kill() -> None:
        time.sleep(INTO_AN_EPOCH)
        found = subprocess.run(["pgrep", "-f", what], capture_output=True, text=True, check=False).stdout.split()
        ours = [int(pid) for pid in found if _is_of_cluster(int(pid))]
        for pid in ours[-1:]:
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    threading.Thread(target=kill).start()


def _is_of_cluster(pid: int) -> bool:
    """Say whether a process has the work folder of this test's cluster: other tests may run beside it."""
    try:
        return os.environ["SAKON_CLUSTER"] in Path(f"/proc/{pid}/environ").read_text("utf-8", errors="replace")
    except OSError:
        return False


def main(folder: Path, kill: bool) -> None:
    """Train; write what came of it."""
    killed: list[int] = []

    def listen(epoch: int) -> None:
        if kill and epoch in (1, 3):
            kill_soon(PYTHON if epoch == 1 else EXECUTOR, killed)

    files = [PartitionsDataset(filepath=str(folder / f"{name}.parquet")).load() for name in ("train", "validation")]
    config = Config(units=(32,), epochs=EPOCHS, learning_rate=0.01)
    cluster = Cluster(lambda: session(SETTINGS))
    build, given = families.get("mlp").build, DistributedConfig(partitions=2)
    place = Checkpoints(folder / "checkpoints")
    found = training.fit(build, *files, SPEC, config, PROBLEM, given, cluster, place, events_calling(listen))
    code = cluster.run(where_the_code_lies, [0])
    facts: dict[str, Any] = {"killed": len(killed), "epochs": len(found.history), "code": code[0]}
    (folder / "facts.yml").write_text(yaml.safe_dump(facts))
    np.savez(folder / "weights.npz", *found.model.get_weights())


def where_the_code_lies(_: int) -> str:
    """Return from where a worker imports the project."""
    import sakon

    return str(sakon.__file__)


if __name__ == "__main__":
    main(Path(sys.argv[1]), "kill" in sys.argv[2:])
