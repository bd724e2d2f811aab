"""Every family that trains a network, on a GPU: seconds per epoch of `fit` against a bare loop, and many seeds.

    make bench-gpu

The data are generated, of the size of Fashion-MNIST. `fit` and `fit_seeds` are the functions that the nodes of a run
call; an epoch is timed from the end of the one before, with its order, validation, best weights and checkpoints. The
least time counts: generators also draw snapshots of samples after some epochs, of which most are the first. The bare
loop runs the same steps of training and validation on JAX, in one scan each, and nothing else; on a CPU, where XLA
is slow with convolutions in a scan, it calls step by step. All is measured in one process, after a first epoch in which
functions are compiled. The script needs JAX, Keras, NumPy, pandas, pydantic, psutil, lazy-loader, and scikit-learn for
the map. The results are also written to a JSON file.
"""

# ruff: noqa: T201
from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"
import sakon  # noqa: F401  must be imported before Keras

# isort: split
import jax
import keras
import numpy as np

from sakon import families
from sakon.problem import Examples, InputSpec, Problem
from sakon.training.checkpoints import Checkpoints
from sakon.training.data import TrainingData
from sakon.training.events import TrainingEvents, TrainingId, TrainingListener
from sakon.training.fit import fit
from sakon.training.joint_engine import state_variables
from sakon.training.methods import build_optimizers, training_methods
from sakon.training.seeds import fit_seeds

SIDE, CLASSES, SEEDS = 28, 10, 16
MAX_RATIO, MAX_SEEDS_RATIO = 1.2, 3.0
TRAINED_BY_SCIKIT_LEARN = "baseline"
FAMILIES = tuple(name for name in families.names() if name != TRAINED_BY_SCIKIT_LEARN)
JOINT_FAMILIES = ("mlp", "rnn")
PROBLEM = Problem(kind="image", target="label", seed=0)
SPEC = InputSpec(
    kind="image", task="classification", shape=(SIDE, SIDE, 1), classes=tuple(range(CLASSES)), fingerprint="-"
)


@dataclass(frozen=True)
class Timing:
    """Seconds per epoch of what is compared, of what it is compared with, and their ratio."""

    name: str
    seconds: float
    other_seconds: float
    ratio: float
    target: float


class Finished(Exception):  # noqa: N818  no error
    """Ends a training of which enough epochs were timed."""


@dataclass
class EpochTimer(TrainingListener):
    """Records when all trainings at the same time have ended an epoch, and ends them after some epochs."""

    trainings: int
    epochs: int
    ends: list[float] = field(default_factory=list)
    calls: int = 0

    def on_epoch_end(self, training: TrainingId, epoch: int, metrics: Mapping[str, float]) -> None:
        """Record the end of an epoch."""
        self.calls += 1
        if self.calls % self.trainings == 0:
            self.ends.append(time.perf_counter())
        if len(self.ends) > self.epochs:
            raise Finished

    def seconds(self, train: Callable[[TrainingEvents], object]) -> float:
        """Train, and return the least seconds of an epoch after the first."""
        events = TrainingEvents()
        events.subscribe(self)
        with suppress(Finished):
            train(events)
        return float(np.diff(self.ends).min())


@dataclass(frozen=True)
class Benchmark:
    """The data and settings that all families share."""

    train: Examples
    validation: Examples
    batch_size: int
    epochs: int

    def config(self, family: str) -> Any:
        """Return a family's default configuration with the size of the batches."""
        return import_module(f"sakon.pipelines.{family}.config").Config(batch_size=self.batch_size)

    def fit_seconds(self, family: str) -> float:
        """Return the seconds per epoch of `fit`."""
        config, network = self.config(family), build(family)(SPEC, self.config(family), PROBLEM)
        with tempfile.TemporaryDirectory() as folder:
            context = (self.train, self.validation, SPEC, config, PROBLEM, Checkpoints(Path(folder)))
            return EpochTimer(1, self.epochs).seconds(lambda events: fit(network, *context, events))

    def seeds_seconds(self, family: str, seeds: int) -> float:
        """Return the seconds per epoch of a joint training."""
        with tempfile.TemporaryDirectory() as folder:
            context = (self.train, self.validation, SPEC, self.config(family), PROBLEM, Checkpoints(Path(folder)))
            timer = EpochTimer(seeds, self.epochs)
            return timer.seconds(lambda events: fit_seeds(build(family), range(seeds), *context, events))

    def bare_seconds(self, family: str) -> float:
        """Return the seconds per epoch of the bare loop."""
        config = self.config(family)
        network = build(family)(SPEC, config, PROBLEM)
        data = TrainingData.create(network, self.train, self.validation, SPEC, config, PROBLEM)
        training_methods(network).prepare(data.train, data.plan.steps)
        epoch = bare_epoch(build_optimizers(network), data)
        seconds = []
        for _ in range(self.epochs + 1):
            started = time.perf_counter()
            epoch()
            seconds.append(time.perf_counter() - started)
        return min(seconds[1:])


def build(family: str) -> Callable[..., keras.Model]:
    """Return the function that builds the network of a family."""
    function: Callable[..., keras.Model] = import_module(f"sakon.pipelines.{family}.model").build
    return function


def make_examples(rows: int, seed: int) -> Examples:
    """Return noisy images, each brighter in one of ten rectangles, its class."""
    rng = np.random.default_rng(seed)
    y = rng.integers(CLASSES, size=rows).astype(np.int32)
    x = rng.random((rows, SIDE, SIDE, 1), np.float32) / 2
    for label in range(CLASSES):
        top, left = divmod(label, 5)
        x[y == label, 14 * top : 14 * top + 10, 5 * left : 5 * left + 6] += 0.5
    return Examples(x, y, np.arange(rows))


def bare_epoch(network: keras.Model, data: TrainingData) -> Callable[[], dict[str, float]]:
    """Return a function that trains and validates for one epoch; its order and its examples are on the device."""
    methods = training_methods(network)
    methods.build_metrics(data.train.y[:1])
    variables = state_variables(network)
    is_metric = {id(variable) for metric in network.metrics for variable in metric.variables}

    def pure(step: Callable[[Any], None], arrays: list[jax.Array]) -> Callable[..., Any]:
        def one_step(values: list[jax.Array], rows: jax.Array) -> tuple[list[jax.Array], None]:
            with keras.StatelessScope(zip(variables, values, strict=True)) as scope:
                step(tuple(array[rows] for array in arrays))
            return [scope.get_current_value(variable) for variable in variables], None

        if jax.default_backend() != "cpu":
            return jax.jit(lambda values, order: jax.lax.scan(one_step, values, order)[0])
        compiled = jax.jit(one_step)

        def all_steps(values: list[jax.Array], order: jax.Array) -> list[jax.Array]:
            for rows in order:
                values, _ = compiled(values, rows)
            return values

        return all_steps

    def metrics(values: list[jax.Array]) -> dict[str, float]:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        return {name: float(value) for name, value in methods.train_results().items()}

    def start() -> list[jax.Array]:
        return [0 * each.value if id(each) in is_metric else each.value for each in variables]

    on_device = [[jax.numpy.asarray(array) for array in (each.x, each.y)] for each in (data.train, data.validation)]
    train, validate = pure(methods.training_step, on_device[0]), pure(methods.validation_step, on_device[1])
    orders = [jax.numpy.asarray(order, "int32") for order in data.steps(PROBLEM.seed, 0)]
    held_out = [jax.numpy.asarray(order, "int32") for order in data.validation_steps]

    def epoch() -> dict[str, float]:
        values = start()
        for order in orders:
            values = train(values, order)
        results = metrics(values)
        methods.finish_train_steps()
        values = start()
        for order in held_out:
            values = validate(values, order)
        return results | {f"val_{name}": value for name, value in metrics(values).items()}

    return epoch


def report(name: str, seconds: float, other_seconds: float, target: float) -> Timing:
    """Print a row of the table, and return it."""
    timing = Timing(name, seconds, other_seconds, seconds / other_seconds, target)
    print(f"{name:<24}{seconds:>10.3f}{other_seconds:>10.3f}{timing.ratio:>8.2f}{target:>8.2f}", flush=True)
    return timing


def main() -> None:
    """Measure, print a table and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=60_000, help="train examples (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=3, help="timed epochs (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=256, help="rows per step (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="seeds of a joint training (default: %(default)s)")
    parser.add_argument("--families", nargs="*", default=FAMILIES, choices=FAMILIES, help="default: all")
    parser.add_argument("--output", type=Path, default=Path("build/gpu_speed.json"), help="JSON file of the results")
    options = parser.parse_args()
    train, validation = make_examples(options.rows, 0), make_examples(max(options.rows // 10, options.batch), 1)
    benchmark = Benchmark(train, validation, options.batch, options.epochs)
    device = str(jax.devices()[0].device_kind)
    settings = {"device": device, "jax": jax.__version__, "rows": options.rows, "batch": options.batch}
    print("Seconds per epoch:", ", ".join(f"{name} {value}" for name, value in settings.items()))
    print(f"{'':<24}{'fit':>10}{'bare':>10}{'ratio':>8}{'target':>8}")
    timings, seconds = [], {}
    for family in options.families:
        seconds[family] = benchmark.fit_seconds(family)
        timings.append(report(family, seconds[family], benchmark.bare_seconds(family), MAX_RATIO))
    print(f"{'':<24}{f'{options.seeds} seeds':>10}{'1 seed':>10}")
    for family in (name for name in JOINT_FAMILIES if name in seconds):
        joint = benchmark.seeds_seconds(family, options.seeds)
        timings.append(report(f"{family}, {options.seeds} seeds", joint, seconds[family], MAX_SEEDS_RATIO))
    results = settings | {"epochs": options.epochs, "timings": [asdict(timing) for timing in timings]}
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
