"""Time of distributed training: against elephas 7.3 on the same data, network and epochs; and of two workers and one.

    make bench-spark        # installs elephas in a separate virtual environment and runs this
    python tests/benchmarks/spark_training.py [--elephas PYTHON] [--scaling]

Elephas runs in the interpreter PYTHON, in its synchronous mode with one average per epoch. Times are measured after the
session has started; the first run of each is dropped, runs alternate, and the minimum is printed.

On two cores: 7.3 s and 16.4 s with elephas (0.45), accuracy 0.934 and 0.931 (mean of three); 4.3 s per epoch with one
worker, 2.2 s with two (1.96 x), of which 0.26 s beyond the slowest worker. Each of elephas' workers uses whole batches,
as do Sakon's here (`distributed.shared_batch=false`); with shared batches an epoch takes 3.8 s (1.13 x).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import yaml

ROOT = Path(__file__).parent.parent.parent
ROWS, HELD_OUT, WIDTH, CLASSES = 60_000, 10_000, 784, 10
EPOCHS, BATCH, UNITS = 5, 64, (128, 64)
TURNS = 3


def data() -> tuple[np.ndarray, np.ndarray]:
    """Return examples of the size of Fashion-MNIST: the mean image of their class, and noise."""
    rng = np.random.default_rng(0)
    y = rng.integers(CLASSES, size=ROWS + HELD_OUT).astype(np.int32)
    centres = rng.normal(size=(CLASSES, WIDTH)) * 0.12
    x = (centres[y] + rng.normal(size=(len(y), WIDTH))).astype(np.float32)
    return x, y


def train_with_sakon(
    folder: Path, partitions: int, epochs: int = EPOCHS, units: tuple[int, ...] = UNITS, shared_batch: bool = False
) -> dict[str, Any]:
    """Train on Spark, and return seconds, validation accuracy, and seconds of an epoch."""
    from sakon import families
    from sakon.models.predict import predict_outputs
    from sakon.pipelines.mlp.config import Config
    from sakon.problem import InputSpec, Problem
    from sakon.spark.cluster import Cluster
    from sakon.spark.config import DistributedConfig
    from sakon.spark.driver import fit_distributed
    from sakon.spark.partitions import read_partition
    from sakon.spark.partitions_dataset import PartitionsDataset
    from sakon.spark.session import spark_session
    from sakon.spark.worker import NetworkSpec
    from sakon.training.checkpoints import Checkpoints
    from sakon.training.events import TrainingEvents

    settings = yaml.safe_load((ROOT / "conf/base/spark.yml").read_text())
    cluster = Cluster(lambda: spark_session(settings))
    cluster.spark  # noqa: B018 - starts the session
    spec = InputSpec(kind="image", task="classification", shape=(WIDTH,), classes=tuple(range(CLASSES)))
    files = [PartitionsDataset(filepath=str(folder / f"{name}.parquet")).load() for name in ("train", "validation")]
    config = Config(units=units, epochs=epochs, batch_size=BATCH, patience=epochs)
    distributed = DistributedConfig(partitions=partitions, shared_batch=shared_batch)
    network = NetworkSpec(families.get("mlp").build, spec, config, Problem(kind="image", target="y"))
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder_name:
        checkpoints = Checkpoints(Path(folder_name))
        result = fit_distributed(network, *files, distributed, cluster, checkpoints, TrainingEvents())
    seconds = time.perf_counter() - started
    held_out = read_partition(files[1].head(HELD_OUT))
    accuracy = float((predict_outputs(result.model, held_out.x).argmax(axis=1) == held_out.y).mean())
    slowest = result.workers.query("epoch > 1").groupby("epoch")["seconds"].max()
    overhead = result.training.details["overhead_seconds"]
    return {"seconds": seconds, "accuracy": accuracy, "epoch": float(slowest.min()), "overhead": overhead}


ELEPHAS = """
import json, os, sys, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["PYSPARK_PYTHON"] = sys.executable
import numpy as np
import tensorflow as tf
from pyspark import SparkConf, SparkContext
from elephas.spark_model import SparkModel
from elephas.utils.rdd_utils import to_simple_rdd
folder, epochs, batch, units, turns = sys.argv[1], *map(json.loads, sys.argv[2:])
held = np.load(folder + "/data.npz")
x, y = held["x"], np.eye(10, dtype="float32")[held["y"]]
context = SparkContext(conf=SparkConf().setMaster("local[2]").setAppName("elephas").set("spark.driver.memory", "4g")
                       .set("spark.ui.enabled", "false"))
context.setLogLevel("OFF")
rdd = to_simple_rdd(context, x[:60000], y[:60000]).repartition(2).cache()
rdd.count()
for turn in range(turns):
    tf.keras.utils.set_random_seed(0)
    layers = [tf.keras.layers.Input((784,))]
    for width in units:
        layers += [tf.keras.layers.Dense(width, use_bias=False), tf.keras.layers.BatchNormalization(momentum=0.9),
                   tf.keras.layers.Activation("relu"), tf.keras.layers.Dropout(0.2)]
    model = tf.keras.Sequential([*layers, tf.keras.layers.Dense(10, activation="softmax")])
    model.compile(optimizer=tf.keras.optimizers.Adam(1e-3), loss="categorical_crossentropy", metrics=["accuracy"])
    spark_model = SparkModel(model, frequency="epoch", mode="synchronous", num_workers=2)
    started = time.perf_counter()
    spark_model.fit(rdd, epochs=epochs, batch_size=batch, verbose=0, validation_split=0.0)
    seconds = time.perf_counter() - started
    predicted = spark_model.master_network.predict(x[60000:], batch_size=10000, verbose=0).argmax(axis=1)
    print(json.dumps({"seconds": seconds, "accuracy": float((predicted == held["y"][60000:]).mean())}), flush=True)
"""


def train_with_elephas(python: str, folder: Path, turns: int) -> list[dict[str, Any]]:
    """Train with elephas several times in one session."""
    arguments = [str(folder), *map(json.dumps, (EPOCHS, BATCH, UNITS, turns))]
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "SPARK_MASTER")}
    process = subprocess.run(
        [python, "-c", ELEPHAS, *arguments], capture_output=True, text=True, env=environment, cwd=folder, check=False
    )
    if process.returncode:
        raise SystemExit(f"elephas failed: {process.stderr.strip().splitlines()[-1]}")
    return [json.loads(line) for line in process.stdout.splitlines() if line.startswith("{")]


def write(folder: Path) -> None:
    """Write train and validation as files, and both together for elephas."""
    from sakon.datasets.examples import ExamplesDataset
    from sakon.problem import Examples

    x, y = data()
    row = np.arange(len(y))
    np.savez(folder / "data.npz", x=x, y=y)
    for name, rows in (("train", slice(0, ROWS)), ("validation", slice(ROWS, None))):
        ExamplesDataset(filepath=str(folder / f"{name}.parquet")).save(Examples(x[rows], y[rows], row[rows]))


def compare_with_elephas(folder: Path, python: str) -> None:
    """Alternate with elephas, and print the ratio of the minimum times."""
    runs: dict[str, list[dict[str, Any]]] = {"sakon": [], "elephas": []}
    for _ in range(TURNS):
        runs["sakon"].append(train_with_sakon(folder, 2))
        runs["elephas"] += train_with_elephas(python, folder, 2)[1:]
    minimum = {name: min(each["seconds"] for each in turns[min(1, len(turns) - 1) :]) for name, turns in runs.items()}
    for name, turns in runs.items():
        accuracy = [round(each["accuracy"], 4) for each in turns]
        write_line(f"{name:8} {minimum[name]:6.2f} s for {EPOCHS} epochs, validation accuracy {accuracy}")
    write_line(f"sakon / elephas: {minimum['sakon'] / minimum['elephas']:.2f} (target: at most 0.5)")


def scaling(folder: Path) -> None:
    """Train a network with long epochs, with one worker and with two, and print the times."""
    wide = (512, 256)
    variants = {"one": {"partitions": 1}, "two": {"partitions": 2}, "sharing": {"partitions": 2, "shared_batch": True}}
    runs = {
        name: [train_with_sakon(folder, epochs=5, units=wide, **variant) for _ in range(2)]
        for name, variant in variants.items()
    }
    epoch = {name: min(each["epoch"] for each in turns) for name, turns in runs.items()}
    overhead = min(each["overhead"] for each in runs["two"])
    gain = {name: epoch["one"] / seconds for name, seconds in epoch.items()}
    write_line(
        f"an epoch: one worker {epoch['one']:.2f} s, two {epoch['two']:.2f} s: {gain['two']:.2f} x (target: 1.6)"
    )
    write_line(f"two with shared batches, twice as many steps: {epoch['sharing']:.2f} s, {gain['sharing']:.2f} x")
    write_line(f"per epoch beyond the slowest worker: {overhead:.2f} s (target: at most 0.5)")


def write_line(line: str) -> None:
    """Write a line to standard output."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Run the requested comparisons."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--elephas", help="Python interpreter with elephas")
    parser.add_argument("--scaling", action="store_true")
    arguments = parser.parse_args()
    os.environ.setdefault("SPARK_MASTER", "local[2,4]")
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        if arguments.scaling:
            scaling(Path(folder))
        if arguments.elephas:
            compare_with_elephas(Path(folder), str(Path(arguments.elephas).absolute()))


if __name__ == "__main__":
    main()
