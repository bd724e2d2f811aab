"""What a worker does: an epoch over its own partition, and a look at all that it will read.

Python workers live on between epochs; what they hold (network, rows as files in memory) is kept here. A task of the
same arguments gives the same answer wherever and however often it runs.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sakon.errors import DataError, DivergenceError
from sakon.models.predict import select_inputs
from sakon.problem import Examples, InputSpec, Problem
from sakon.spark.batching import batch_share
from sakon.spark.decoded import rows_of
from sakon.spark.partitions import Partition
from sakon.spark.threads import keep_for_good, limit_threads
from sakon.training.batches import plan_epoch, shuffled_order
from sakon.training.class_weights import sample_weights
from sakon.training.methods import all_variables, build_optimizers, training_methods

SEEDS_APART = 2**31
"""Seeds of problems are below it, so that no two partitions of any two seeds draw the same orders."""


@dataclass(frozen=True)
class Training:
    """What all epochs of a training share; sent to every worker once.

    Attributes:
        key: Digest of all that decides the training; what a worker holds is known by it.
        build: The family's `build(input_spec, config, problem)`.
        input_spec: What the model reads and answers.
        config: The family's settings.
        problem: Gives the seed.
        sample: Rows that a network prepares itself from, where it does.
        steps: Steps of an epoch that it is prepared for.
        weights: Weight of every class by its index, where examples do not count alike.
        local_epochs: Passes over a partition in a round.
        digest: Of the files of train.
        cores: Of a task.
        sharing: Rows of all partitions that share a batch; 0 if each takes one of its own.
    """

    key: str
    build: Callable[..., Any]
    input_spec: InputSpec
    config: Any
    problem: Problem
    sample: Examples | None
    steps: int
    weights: dict[int, float] | None
    local_epochs: float
    digest: str = ""
    cores: int = 1
    sharing: int = 0

    def batch_size(self, rows: int) -> int:
        """Return the rows that a partition of so many `rows` takes in a step."""
        return batch_share(self.config.batch_size, rows, self.sharing)


@dataclass(frozen=True)
class Answer:
    """What a worker answers after a round.

    Attributes:
        rows: Rows of its partition.
        metrics: Its own means over the round, as Keras names them.
        variables: All that changed, in order; of a network that sums (`additive`), these sums alone.
        seconds: Spent on learning, without reading and building.
        host: Where, and in which process.
    """

    rows: int
    metrics: dict[str, float]
    variables: list[np.ndarray]
    seconds: float
    host: str


@dataclass(frozen=True)
class Survey:
    """What a partition holds: `rows`, rows by class index (`counts`, empty without classes), or a `fault`."""

    rows: int
    counts: tuple[int, ...] = ()
    fault: str = ""


_held: dict[Any, Any] = {}
"""What this process keeps of one training: its replica under `model`, rows under their files and partition."""


def survey(partition: Partition, digest: str, classes: int) -> Survey:
    """Decode a partition, checksums compared, and count its rows and classes."""
    try:
        part = rows_of(partition, digest)
    except DataError as error:
        return Survey(0, fault=" ".join(error.messages))
    path = partition.slices[0].path
    if not np.isfinite(part.x).all():
        return Survey(0, fault=f"{path}: expected finite inputs, found NaN or infinity; prepare it anew.")
    counts = np.bincount(part.y, minlength=classes) if classes else np.array([], int)
    if len(counts) > classes:
        return Survey(0, fault=f"{path}: expected class numbers below {classes}, found {part.y.max()}.")
    return Survey(len(part), tuple(map(int, counts)))


def learn(partition: Partition, training: Training, epoch: int, variables: list[np.ndarray]) -> Answer:
    """Learn from a partition for one round, from the master's variables.

    Args:
        partition: Rows to learn from.
        training: What is trained.
        epoch: Round, from 0.
        variables: All of the master's, in the order of `all_variables`.

    Raises:
        DivergenceError: If the loss is no finite number.
    """
    model = _replica(training)
    part = _rows(partition, training, model)
    for variable, value in zip(all_variables(model), variables, strict=True):
        is_random_state = variable.dtype == "uint32"
        variable.assign(_apart(value, partition.number) if is_random_state and partition.number else value)
    started = time.perf_counter()
    metrics = _run(model, part, partition.number, training, epoch)
    if not np.isfinite(metrics["loss"]):
        raise DivergenceError(model.name, epoch + 1, "loss", metrics["loss"])
    methods = training_methods(model)
    changed = methods.sum_variables() if methods.sums_over_examples else all_variables(model)
    answered = [np.asarray(variable) for variable in changed]
    seconds = time.perf_counter() - started
    return Answer(len(part), metrics, answered, seconds, f"{socket.gethostname()}:{os.getpid()}")


def _run(model: Any, part: Examples, number: int, training: Training, epoch: int) -> dict[str, float]:
    """Let Keras run the steps of a round, and return its means."""
    import tensorflow as tf

    order_free = training_methods(model).order_free
    plan = plan_epoch(len(part), training.batch_size(len(part)), order_free, training.local_epochs)
    batch_size, steps, at_once = plan.batch_size, plan.steps, plan.steps_per_execution
    columns = [part.x, part.y] if part.weight is None else [part.x, part.y, part.weight]
    if order_free:
        batches = tf.data.Dataset.from_tensor_slices(tuple(columns)).batch(batch_size)
    else:
        first = round(epoch * training.local_epochs * (len(part) // batch_size))
        seed = training.problem.seed + number * SEEDS_APART
        order = shuffled_order(len(part), batch_size, seed, first, steps)
        stacked = tuple(column[order].reshape(steps, batch_size, *column.shape[1:]) for column in columns)
        batches = tf.data.Dataset.from_tensor_slices(stacked)
    # Partitions of several sizes take turns in one process: each has its own compiled steps.
    model.steps_per_execution, model.train_function = at_once, _held.get(("function", at_once))
    found = model.fit(batches, steps_per_epoch=steps, epochs=1, shuffle=False, verbose=0).history
    _held["function", at_once] = model.train_function
    return {name: float(values[-1]) for name, values in found.items()}


def _replica(training: Training) -> Any:
    """Return this process's copy of the model, made as the master made his."""
    if _held.get("key") != training.key:
        _held.clear()
        limit_threads(training.cores)
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
        model = training.build(training.input_spec, training.config, training.problem)
        methods = training_methods(model)
        if training.sample is not None:
            methods.prepare(training.sample, training.steps)
        methods.defer_update()
        _held.update(key=training.key, model=build_optimizers(model))
        keep_for_good()
    return _held["model"]


def _rows(partition: Partition, training: Training, model: Any) -> Examples:
    if (key := (training.digest, partition)) not in _held:
        part = select_inputs(model, rows_of(partition, training.digest))
        weights = training.weights
        _held[key] = part if weights is None else replace(part, weight=sample_weights(part.y, weights))
    held: Examples = _held[key]
    return held


def _apart(state: np.ndarray, number: int) -> np.ndarray:
    """Return the state of random numbers of one partition, so that no two draw alike."""
    moved = state.copy()
    moved.flat[0] = (int(moved.flat[0]) + number * 0x9E3779B1) % 2**32  # Knuth's multiplicative hash
    return moved
