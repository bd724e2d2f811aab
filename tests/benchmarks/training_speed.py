"""Training in the project's engine against Keras' own `fit`: the same network, data, batches and number of epochs.

    make bench

Both train in turn, and the least time of each counts. Every turn begins with a new network; "tracing included" also
counts the first epoch, else the epochs after the first. Both report the accuracy on train after the same number of
epochs, so that nothing faster is compared that learns less. The last rows compare a joint training of several seeds
with the training of one, with all that both do: networks are built and compiled, epochs are validated and recorded.
The results are also written to a JSON file.
"""

# ruff: noqa: T201
from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import sakon  # noqa: F401  chooses Keras' backend

# isort: split
import keras
import numpy as np

from sakon.backends import backend
from sakon.pipelines.cnn import config as cnn_config
from sakon.pipelines.cnn.model import build as build_cnn
from sakon.pipelines.mlp import config as mlp_config
from sakon.pipelines.mlp.model import build as build_mlp
from sakon.pipelines.rnn import config as rnn_config
from sakon.pipelines.rnn.model import build as build_rnn
from sakon.problem import Examples, InputSpec, Problem
from sakon.training.batches import epoch_steps, plan_epoch
from sakon.training.checkpoints import Checkpoints
from sakon.training.engine import DeviceExamples, Engine
from sakon.training.events import TrainingEvents
from sakon.training.seeds import fit_seeds

CLASSES, BATCH, ROUNDS = 10, 64, 3
PROBLEM = Problem(kind="tabular", target="y", seed=0)
BUILDERS = {
    "dense": lambda *context: build_mlp(context[0], mlp_config.Config(), context[1]),
    "gru": lambda *context: build_rnn(context[0], rnn_config.Config(), context[1]),
    "cnn": lambda *context: build_cnn(context[0], cnn_config.Config(shift=0), context[1]),
}


@dataclass(frozen=True)
class Case:
    """A comparison.

    Attributes:
        name: What is trained.
        network: One of `BUILDERS`.
        rows: Train examples.
        shape: Shape of an example.
        epochs: Epochs.
        counts_tracing: Whether the first epoch counts, in which functions are compiled.
        target: Ratio of the engine's time to that of `fit` that is aimed at.
    """

    name: str
    network: str
    rows: int
    shape: tuple[int, ...]
    epochs: int
    counts_tracing: bool
    target: float


CASES = (
    Case("dense 60,000 x 784", "dense", 60_000, (784,), 2, False, 0.35),
    Case("dense 1,150 x 64, tracing included", "dense", 1_150, (64,), 60, True, 0.25),
    Case("GRU 8 x 8", "gru", 1_150, (8, 8), 12, False, 0.5),
    Case("GRU 28 x 28", "gru", 4_000, (28, 28), 2, False, 0.5),
    Case("CNN 28 x 28", "cnn", 4_000, (28, 28, 1), 2, False, 0.8),
)
SEEDS = 5
SEED_CASES = {
    "jax": Case(f"{SEEDS} seeds of mlp against 1", "dense", 1_150, (64,), 60, True, 1.5),
    "tensorflow": Case(f"{SEEDS} seeds of mlp against 1", "dense", 1_150, (64,), 60, True, 3.5),
}
"""By backend; PyTorch compiles nothing, so that seeds share nothing."""


@dataclass(frozen=True)
class Comparison:
    """The least seconds of both, and their accuracies on train; the other is Keras' `fit`, or one seed."""

    name: str
    seconds: float
    other_seconds: float
    accuracy: float
    other_accuracy: float
    ratio: float
    target: float


def make_examples(case: Case) -> Examples:
    """Return random inputs whose class is the largest of ten linear functions of them."""
    rng = np.random.default_rng(0)
    x = rng.random((case.rows, *case.shape), np.float32)
    weights = rng.normal(size=(int(np.prod(case.shape)), CLASSES))
    return Examples(x, ((x.reshape(len(x), -1) - 0.5) @ weights).argmax(axis=1).astype(np.int32), np.arange(len(x)))


def input_spec(case: Case) -> InputSpec:
    """Return the inputs of the networks."""
    classes = tuple(range(CLASSES))
    return InputSpec(kind="tabular", task="classification", shape=case.shape, classes=classes, fingerprint="-")


def build(case: Case) -> keras.Model:
    """Return a new network."""
    return BUILDERS[case.network](input_spec(case), PROBLEM)


def train(case: Case, examples: Examples) -> tuple[float, float]:
    """Return the seconds of a training in the engine, and its last accuracy."""
    network = build(case)
    engine, on_device, plan = Engine(network), DeviceExamples(examples), plan_epoch(len(examples), BATCH, False)
    return _timed(
        case, lambda epoch: engine.train(on_device, epoch_steps(len(examples), plan, 0, epoch * plan.steps, False))
    )


def train_by_keras(case: Case, examples: Examples) -> tuple[float, float]:
    """Return the seconds of a training by Keras' `fit`, and its last accuracy."""
    network = build(case)
    if case.counts_tracing:
        started = time.perf_counter()
        history = network.fit(examples.x, examples.y, batch_size=BATCH, epochs=case.epochs, verbose=0).history
        return time.perf_counter() - started, float(history["accuracy"][-1])
    network.fit(examples.x, examples.y, batch_size=BATCH, epochs=1, verbose=0)
    started = time.perf_counter()
    history = network.fit(examples.x, examples.y, batch_size=BATCH, epochs=case.epochs - 1, verbose=0).history
    return time.perf_counter() - started, float(history["accuracy"][-1])


def _timed(case: Case, run_epoch: Callable[[int], dict[str, float]]) -> tuple[float, float]:
    started, metrics = time.perf_counter(), {}
    for epoch in range(case.epochs):
        if epoch == 1 and not case.counts_tracing:
            started = time.perf_counter()
        metrics = run_epoch(epoch)
    return time.perf_counter() - started, metrics["accuracy"]


def compare(case: Case, rounds: int) -> Comparison:
    """Train in turn, and return the least times."""
    examples = make_examples(case)
    ours, theirs = zip(*((train(case, examples), train_by_keras(case, examples)) for _ in range(rounds)), strict=True)
    return summarize(case, ours, theirs)


def train_seeds(case: Case, seeds: int, examples: Examples) -> tuple[float, float]:
    """Return the seconds of a joint training of the mlp, and the mean of the accuracies of the last epoch."""
    config = mlp_config.Config(epochs=case.epochs, patience=case.epochs)
    held_out = Examples(examples.x[::4], examples.y[::4], examples.row[::4])
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        context = (input_spec(case), config, PROBLEM, Checkpoints(Path(folder)), TrainingEvents("mlp"))
        results = fit_seeds(build_mlp, range(seeds), examples, held_out, *context)
    seconds = time.perf_counter() - started
    return seconds, float(np.mean([result.history["accuracy"].iloc[-1] for result in results]))


def compare_seeds(case: Case, rounds: int) -> Comparison:
    """Train several seeds and one in turn, and return the least times."""
    examples = make_examples(case)
    turns = ((train_seeds(case, SEEDS, examples), train_seeds(case, 1, examples)) for _ in range(rounds))
    return summarize(case, *zip(*turns, strict=True))


def summarize(case: Case, ours: Sequence[tuple[float, float]], others: Sequence[tuple[float, float]]) -> Comparison:
    """Return the least times, of pairs of seconds and accuracy."""
    (seconds, accuracy), (other_seconds, other_accuracy) = min(ours), min(others)
    ratio = seconds / other_seconds
    return Comparison(case.name, seconds, other_seconds, accuracy, other_accuracy, ratio, case.target)


def report(result: Comparison) -> None:
    """Print a row of the table."""
    accuracies = f"{result.accuracy:.3f} / {result.other_accuracy:.3f}"
    seconds = f"{result.seconds:>9.2f}{result.other_seconds:>9.2f}{result.ratio:>8.2f}{result.target:>8.2f}"
    print(f"{result.name:<38}{seconds}{accuracies:>18}", flush=True)


def main() -> None:
    """Compare, print a table and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="turns of each (default: %(default)s)")
    parser.add_argument(
        "--output", type=Path, default=Path("build/training_speed.json"), help="JSON file of the results"
    )
    options = parser.parse_args()
    backend().set_deterministic()
    name = keras.backend.backend()
    print(f"Seconds of training on {name}, {os.cpu_count()} cores, least of {options.rounds}")
    print(f"{'':<38}{'engine':>9}{'fit':>9}{'ratio':>8}{'target':>8}{'accuracy':>18}")
    comparisons = []
    for case in CASES:
        comparisons.append(compare(case, options.rounds))
        report(comparisons[-1])
    if name in SEED_CASES:
        comparisons.append(compare_seeds(SEED_CASES[name], options.rounds))
        print(f"{'':<38}{f'{SEEDS} seeds':>9}{'1 seed':>9}")
        report(comparisons[-1])
    results = {"backend": name, "comparisons": [asdict(comparison) for comparison in comparisons]}
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
