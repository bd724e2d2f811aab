"""Distributed training beside elephas 7.3 on the same data, network and epochs; and two workers beside one.

    make bench-spark        # sets up elephas in a virtual environment of its own and runs this
    python tests/benchmarks/spark_training.py [--elephas PYTHON] [--scaling]

Elephas runs in the interpreter PYTHON, in its synchronous mode with the epochs as its own; times are taken after the
session has started, with the first run of either thrown away, the two taking turns, and the least of the rest counted.

Measured on two cores: 7.3 s against 16.4 s (0.45), accuracy 0.934 against 0.931 (mean of three); an epoch 4.3 s with
one worker, 2.2 s with two (1.96 x), 0.26 s of it beyond the slowest worker. Elephas' batch is of each worker, and so it
is of ours here (`distributed.shared_batch=false`), but for a line on what sharing costs: 3.8 s (1.13 x).
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
    """Return examples of the size of Fashion-MNIST: each class its own image, and noise."""
    rng = np.random.default_rng(0)
    y = rng.integers(CLASSES, size=ROWS + HELD_OUT).astype(np.int32)
    centres = rng.normal(size=(CLASSES, WIDTH)) * 0.12
    x = (centres[y] + rng.normal(size=(len(y), WIDTH))).astype(np.float32)
    return x, y


def ours(
    folder: Path, partitions: int, epochs: int = EPOCHS, units: tuple[int, ...] = UNITS, shared_batch: bool = False
) -> dict[str, Any]:
    """Train on Spark and return seconds, accuracy held out, and what the workers did."""
    from sakon import families
    from sakon.models.predict import predict_outputs
    from sakon.pipelines.mlp.config import Config
    from sakon.problem import InputSpec, Problem
    from sakon.spark import training
    from sakon.spark.cluster import Cluster
    from sakon.spark.config import DistributedConfig
    from sakon.spark.partitions import PartitionsDataset, read
    from sakon.spark.session import session
    from sakon.training.checkpoints import Checkpoints
    from sakon.training.events import TrainingEvents

    settings = yaml.safe_load((ROOT / "conf/base/spark.yml").read_text())
    cluster = Cluster(lambda: session(settings))
    cluster.spark  # noqa: B018 - started before the clock
    spec = InputSpec(kind="image", task="classification", shape=(WIDTH,), classes=tuple(range(CLASSES)))
    files = [PartitionsDataset(filepath=str(folder / f"{name}.parquet")).load() for name in ("train", "validation")]
    config = Config(units=units, epochs=epochs, batch_size=BATCH, patience=epochs)
    build, given = families.get("mlp").build, DistributedConfig(partitions=partitions, shared_batch=shared_batch)
    problem = Problem(kind="image", target="y")
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        found = training.fit(
            build, *files, spec, config, problem, given, cluster, Checkpoints(Path(place)), TrainingEvents()
        )
    seconds = time.perf_counter() - started
    held_out = read(files[1].head(HELD_OUT))
    accuracy = float((predict_outputs(found.model, held_out.x).argmax(axis=1) == held_out.y).mean())
    slowest = found.workers.query("epoch > 1").groupby("epoch")["seconds"].max()
    overhead = found.training.details["overhead_seconds"]
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
    found = spark_model.master_network.predict(x[60000:], batch_size=10000, verbose=0).argmax(axis=1)
    print(json.dumps({"seconds": seconds, "accuracy": float((found == held["y"][60000:]).mean())}), flush=True)
"""


def theirs(python: str, folder: Path, turns: int) -> list[dict[str, Any]]:
    """Let elephas train, some times in one session."""
    arguments = [str(folder), *map(json.dumps, (EPOCHS, BATCH, UNITS, turns))]
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "SPARK_MASTER")}
    done = subprocess.run(
        [python, "-c", ELEPHAS, *arguments], capture_output=True, text=True, env=environment, cwd=folder, check=False
    )
    if done.returncode:
        raise SystemExit(f"elephas failed: {done.stderr.strip().splitlines()[-1]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def write(folder: Path) -> None:
    """Write train and validation as files, and both for elephas."""
    from sakon.datasets.examples import ExamplesDataset
    from sakon.problem import Examples

    x, y = data()
    row = np.arange(len(y))
    np.savez(folder / "data.npz", x=x, y=y)
    for name, rows in (("train", slice(0, ROWS)), ("validation", slice(ROWS, None))):
        ExamplesDataset(filepath=str(folder / f"{name}.parquet")).save(Examples(x[rows], y[rows], row[rows]))


def beside_elephas(folder: Path, python: str) -> None:
    """Take turns, and say the ratio of the least times."""
    found: dict[str, list[dict[str, Any]]] = {"ours": [], "elephas": []}
    for _ in range(TURNS):
        found["ours"].append(ours(folder, 2))
        found["elephas"] += theirs(python, folder, 2)[1:]
    best = {name: min(each["seconds"] for each in turns[min(1, len(turns) - 1) :]) for name, turns in found.items()}
    for name, turns in found.items():
        accuracy = [round(each["accuracy"], 4) for each in turns]
        say(f"{name:8} {best[name]:6.2f} s for {EPOCHS} epochs, accuracy held out {accuracy}")
    say(f"ours / elephas: {best['ours'] / best['elephas']:.2f} (asked: at most 0.5)")


def scaling(folder: Path) -> None:
    """Train a network whose epoch takes seconds with one worker and with two, taking turns."""
    wide = (512, 256)
    ways = {"one": {"partitions": 1}, "two": {"partitions": 2}, "sharing": {"partitions": 2, "shared_batch": True}}
    found = {name: [ours(folder, epochs=5, units=wide, **way) for _ in range(2)] for name, way in ways.items()}
    epoch = {name: min(each["epoch"] for each in turns) for name, turns in found.items()}
    overhead = min(each["overhead"] for each in found["two"])
    gain = {name: epoch["one"] / seconds for name, seconds in epoch.items()}
    say(f"an epoch: one worker {epoch['one']:.2f} s, two {epoch['two']:.2f} s: {gain['two']:.2f} x (asked: 1.6)")
    say(f"two that share a batch, in twice as many steps: {epoch['sharing']:.2f} s, {gain['sharing']:.2f} x")
    say(f"of an epoch beyond the slowest worker: {overhead:.2f} s (asked: at most 0.5)")


def say(sentence: str) -> None:
    """Write a line."""
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def main() -> None:
    """Run what was asked for."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--elephas", help="interpreter of elephas' own environment")
    asked.add_argument("--scaling", action="store_true")
    given = asked.parse_args()
    os.environ.setdefault("SPARK_MASTER", "local[2,4]")
    with tempfile.TemporaryDirectory() as place:
        write(Path(place))
        if given.scaling:
            scaling(Path(place))
        if given.elephas:
            beside_elephas(Path(place), str(Path(given.elephas).absolute()))


if __name__ == "__main__":
    main()
