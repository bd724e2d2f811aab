"""The self-organizing map against other implementations: seconds per epoch, and how well the maps fit.

    make bench

Everything is measured in turn, many times over, and the least time counts. Where other work shares the
machine, that still favours what is short, as it fits between the others' turns; the processor's time, of
all threads together, is disturbed less and shown beside. Absent libraries are left out.
"""

# ruff: noqa: T201
from __future__ import annotations

import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from sakon.metrics.som import Lattice, best_matching_units, quantization_error
from sakon.pipelines.som import network as network_module
from sakon.pipelines.som.config import Config
from sakon.pipelines.som.model import build
from sakon.pipelines.som.nodes import codebook_of, predict_units
from sakon.problem import Examples, InputSpec, Problem
from sakon.training.batches import ordered_steps, plan_epoch
from sakon.training.checkpoints import Checkpoints
from sakon.training.engine import DeviceExamples, Engine
from sakon.training.events import TrainingEvents
from sakon.training.fit import fit

ROWS, FEATURES, SIDE = 20_000, 64, 20
BATCH = 4096
ROUNDS = 40
FIT_EPOCHS, FIT_ROUNDS = 300, 2
SEEDS = range(5)
DIGIT_SIDE, DIGIT_EPOCHS = 15, 30
SLOW = 1.0
"""Seconds from which on something is measured once only."""

Epoch = Callable[[], Any]


def spec(features: int) -> InputSpec:
    return InputSpec(kind="tabular", task="classification", shape=(features,), classes=tuple(range(10)))


def problem(seed: int = 0) -> Problem:
    return Problem(kind="tabular", target="y", seed=seed)


def ours(x: np.ndarray, *, compiled: bool) -> Epoch:
    """One epoch as the shared fit runs it, without validation and callbacks."""
    part = Examples(x, np.zeros(len(x), np.int32), np.arange(len(x)))
    network_module.MIN_DISTANCES_TO_COMPILE = 0 if compiled else np.inf
    settings = Config(height=SIDE, width=SIDE, epochs=1000, batch_size=BATCH)
    network, plan = build(spec(FEATURES), settings, problem()), plan_epoch(len(x), BATCH, order_free=True)
    network.prepare(part, plan.steps)
    engine, columns, steps = Engine(network), DeviceExamples(part), ordered_steps(len(x), plan.batch_size)
    return lambda: engine.train(columns, steps)


def minisom_epoch(x: np.ndarray, method: str) -> Epoch:
    from minisom import MiniSom

    som = MiniSom(SIDE, SIDE, FEATURES, sigma=SIDE / 4, random_seed=0)
    return lambda: getattr(som, method)(x, 1 if method == "train_batch_offline" else len(x))


def xpysom(x: np.ndarray) -> Epoch:
    from xpysom import XPySom

    som = XPySom(SIDE, SIDE, FEATURES, sigma=SIDE / 4, random_seed=0, xp=np)
    return lambda: som.train(x, 1)


def somoclu(x: np.ndarray) -> Epoch:
    from somoclu import Somoclu
    from somoclu.train import wrap_train  # noqa: F401  absent where its C++ part did not build

    som = Somoclu(SIDE, SIDE, maptype="planar", compactsupport=False)
    return lambda: som.train(x, epochs=1, radius0=SIDE / 4, radiusN=SIDE / 4)


def contestants(x: np.ndarray) -> dict[str, Epoch]:
    weights = np.random.default_rng(1).normal(size=(SIDE * SIDE, FEATURES)).astype(np.float32)
    rows, units = tf.constant(x), tf.constant(weights)
    product = tf.function(lambda: tf.matmul(rows, units, transpose_b=True)[0, 0])
    found: dict[str, Epoch] = {
        "matrix product (NumPy)": lambda: x @ weights.T,
        "matrix product (TensorFlow)": lambda: float(product()),
        "sakon, compiled by XLA": ours(x, compiled=True),
        "sakon, not compiled": ours(x, compiled=False),
    }
    others = {
        "MiniSom train_batch_offline": lambda: minisom_epoch(x, "train_batch_offline"),
        "MiniSom train_batch (online)": lambda: minisom_epoch(x, "train_batch"),
        "XPySom": lambda: xpysom(x),
        "somoclu": lambda: somoclu(x),
    }
    for name, make in others.items():
        try:
            found[name] = make()
        except (ImportError, AttributeError) as error:
            print(f"{name}: left out ({error})", file=sys.stderr)
    return found


def least_seconds(epochs: dict[str, Epoch]) -> dict[str, tuple[float, float]]:
    """Return the least time by the clock and of the processor: all in turn, `ROUNDS` times, what is slow once."""
    least: dict[str, tuple[float, float]] = {}
    for epoch in epochs.values():
        epoch()
    for _ in range(ROUNDS):
        for name, epoch in epochs.items():
            if least.get(name, (0.0, 0.0))[0] > SLOW:
                continue
            started, busy = time.perf_counter(), time.process_time()
            epoch()
            passed = time.perf_counter() - started, time.process_time() - busy
            least[name] = tuple(map(min, passed, least.get(name, passed)))  # type: ignore[assignment]
    return least


def seconds_within_fit(x: np.ndarray) -> tuple[float, float]:
    """Seconds of an epoch in a whole training: validation on 500 rows and callbacks included, start excluded."""
    part = Examples(x, np.zeros(len(x), np.int32), np.arange(len(x)))
    held_out = Examples(x[:500], part.y[:500], part.row[:500])

    def whole(epochs: int) -> np.ndarray:
        network_module.MIN_DISTANCES_TO_COMPILE = 0
        settings = Config(height=SIDE, width=SIDE, epochs=epochs, batch_size=BATCH, patience=epochs)
        given = spec(FEATURES), settings, problem()
        with tempfile.TemporaryDirectory() as folder:
            network = build(*given)
            started, busy = time.perf_counter(), time.process_time()
            fit(network, part, held_out, *given, Checkpoints(Path(folder)), TrainingEvents())
            return np.array([time.perf_counter() - started, time.process_time() - busy])

    few = FIT_EPOCHS // 10
    turns = [(whole(few), whole(FIT_EPOCHS)) for _ in range(FIT_ROUNDS)]
    short, long = np.min(turns, axis=0)
    return tuple((long - short) / (FIT_EPOCHS - few))  # type: ignore[return-value]


def digits() -> tuple[Examples, Examples]:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    x, y = load_digits(return_X_y=True)
    parts = train_test_split((x / 16).astype(np.float32), y.astype(np.int32), test_size=0.3, random_state=0, stratify=y)
    return tuple(Examples(parts[i], parts[i + 2], np.arange(len(parts[i]))) for i in (0, 1))  # type: ignore[return-value]


def fitted(train: Examples, held_out: Examples, seed: int, **settings: Any) -> np.ndarray:
    network_module.MIN_DISTANCES_TO_COMPILE = np.inf
    chosen = Config(height=DIGIT_SIDE, width=DIGIT_SIDE, epochs=DIGIT_EPOCHS, patience=DIGIT_EPOCHS, **settings)
    given = spec(64), chosen, problem(seed)
    with tempfile.TemporaryDirectory() as folder:
        network, _, _ = fit(build(*given), train, held_out, *given, Checkpoints(Path(folder)), TrainingEvents())
    return codebook_of(network)


def minisom_fitted(train: Examples, seed: int, method: str) -> np.ndarray:
    from minisom import MiniSom

    som = MiniSom(DIGIT_SIDE, DIGIT_SIDE, 64, sigma=DIGIT_SIDE / 4, random_seed=seed)
    som.pca_weights_init(train.x)
    if method == "train_batch_offline":
        som.train_batch_offline(train.x, DIGIT_EPOCHS)
    else:
        som.train_random(train.x, DIGIT_EPOCHS * len(train))
    return np.asarray(som.get_weights().reshape(DIGIT_SIDE**2, -1))


def quality(codebook: np.ndarray, train: Examples, held_out: Examples) -> tuple[float, float, float]:
    """Quantization error on held-out rows, accuracy by the unit's majority label, by the family's own answer."""
    lattice = Lattice(DIGIT_SIDE, DIGIT_SIDE)
    best, there = best_matching_units(train.x, codebook)[0], best_matching_units(held_out.x, codebook)[0]
    plain = predict_units(best, train.y, np.eye(lattice.units), 10, 1e-3)
    around = predict_units(best, train.y, np.exp(-0.5 * (lattice.distances() / 0.5) ** 2), 10, 0.02)
    accuracies = ((table[there].argmax(axis=1) == held_out.y).mean() for table in (plain, around))
    return (quantization_error(held_out.x, codebook), *map(float, accuracies))  # type: ignore[return-value]


def print_speed() -> None:
    x = np.random.default_rng(0).normal(size=(ROWS, FEATURES)).astype(np.float32)
    seconds = least_seconds(contestants(x))
    seconds["sakon, in the shared fit"] = seconds_within_fit(x)
    clock, busy = seconds["matrix product (NumPy)"]
    minisom = min((value[0] for name, value in seconds.items() if name.startswith("MiniSom")), default=np.nan)
    print(f"\nOne epoch, {ROWS:,} rows of {FEATURES} features on {SIDE} by {SIDE} units, {os.cpu_count()} cores")
    print(f"{'':<30}{'ms':>10}{'× product':>12}{'MiniSom ÷ it':>14}{'CPU ms':>10}{'× product':>12}")
    for name, (value, work) in sorted(seconds.items(), key=lambda item: item[1][1]):
        times = f"{value * 1e3:>10.1f}{value / clock:>12.2f}{minisom / value:>14.1f}"
        print(f"{name:<30}{times}{work * 1e3:>10.1f}{work / busy:>12.2f}")
    print("MiniSom ÷ it: against the faster of MiniSom's two.")


def print_quality() -> None:
    train, held_out = digits()
    makers: dict[str, Callable[[int], np.ndarray]] = {
        "sakon, PCA start": lambda seed: fitted(train, held_out, seed),
        "sakon, radius to 1 as MiniSom": lambda seed: fitted(train, held_out, seed, radius_end=1.0),
        "sakon, start from examples": lambda seed: fitted(train, held_out, seed, start="sample"),
        "MiniSom train_batch_offline": lambda seed: minisom_fitted(train, seed, "train_batch_offline"),
        "MiniSom train_random (online)": lambda seed: minisom_fitted(train, seed, "train_random"),
    }
    title = f"Digits, {DIGIT_SIDE} by {DIGIT_SIDE} units, {DIGIT_EPOCHS} epochs"
    print(f"\n{title}, held-out rows, mean of {len(SEEDS)} seeds")
    print(f"{'':<30}{'quantization':>14}{'majority label':>16}{'around':>10}")
    for name, make in makers.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                figures = np.mean([quality(make(seed), train, held_out) for seed in SEEDS], axis=0)
        except ImportError:
            continue
        print(f"{name:<30}{figures[0]:>14.4f}{figures[1]:>16.4f}{figures[2]:>10.4f}")


if __name__ == "__main__":
    print_speed()
    print_quality()
