"""A worker's part of a distributed training: epochs over its partition, and a profile of the partition before.

Python worker processes live on between epochs and keep the network. A task with the same arguments returns the same
result in every process, however often it runs.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from sakon.backends import backend
from sakon.errors import DataError, DivergenceError
from sakon.lazy import Network
from sakon.models.predict import select_inputs
from sakon.problem import Examples, InputSpec, Problem
from sakon.spark.batching import worker_batch_size
from sakon.spark.partitions import Partition
from sakon.spark.row_cache import load_examples
from sakon.spark.worker_process import ProcessCache
from sakon.training.batches import epoch_steps, plan_epoch
from sakon.training.class_weights import sample_weights
from sakon.training.config import FitConfig
from sakon.training.engine import DeviceExamples, Engine
from sakon.training.methods import all_variables, training_methods

SEED_STRIDE = 2**31
"""Problems' seeds are below it, so that no two partitions of any two seeds get the same seed."""
RANDOM_STATE = "seed_generator_state"
"""Name of Keras' variables of random states; their type differs between backends."""
RANDOM_STATE_STRIDE = 0x9E3779B1
"""Knuth's multiplicative hash."""


@dataclass(frozen=True)
class NetworkSpec:
    """What a family's network is built from.

    Attributes:
        build: The family's `build(input_spec, config, problem)`, which returns a compiled network.
        input_spec: Inputs and outputs of the network.
        config: The family's configuration.
        problem: The problem: its seed, and the class weights.
    """

    build: Callable[..., Network]
    input_spec: InputSpec
    config: FitConfig
    problem: Problem

    def create(self) -> Network:
        """Build the network, with deterministic operations from now on in this process."""
        backend().set_deterministic()
        return self.build(self.input_spec, self.config, self.problem)


@dataclass(frozen=True)
class TrainingJob:
    """What all rounds of a training share; sent to every worker once.

    Attributes:
        key: Digest of everything that decides the training.
        network: What the network is built from.
        sample: Train examples for networks that set their initial state from data, else `None`.
        steps: Steps per epoch that such networks expect.
        class_weights: Weight of every class by its index; `None` if all examples weigh the same.
        local_epochs: Epochs over a partition in a round.
        digest: Digest of the train files.
        cores: Cores per task.
        sharing_rows: Rows of all partitions if they share a batch; 0 if each uses whole batches.
    """

    key: str
    network: NetworkSpec
    sample: Examples | None
    steps: int
    class_weights: dict[int, float] | None
    local_epochs: float
    digest: str
    cores: int
    sharing_rows: int

    def batch_size(self, rows: int) -> int:
        """Return the rows per step of a partition with `rows` rows."""
        return worker_batch_size(self.network.config.batch_size, rows, self.sharing_rows)


@dataclass(frozen=True)
class WorkerResult:
    """What a worker returns after a round.

    Attributes:
        rows: Rows of its partition.
        metrics: Their means over the round, by Keras' names.
        variables: All variables in order; of a network that adds up sums, these sums alone.
        seconds: Time spent on training, without reading data and building the network.
        worker: Host and process.
    """

    rows: int
    metrics: dict[str, float]
    variables: list[np.ndarray]
    seconds: float
    worker: str


@dataclass(frozen=True)
class PartitionProfile:
    """A partition's number of rows, its rows by class index (empty without classes), or an error message."""

    rows: int
    class_counts: tuple[int, ...] = ()
    error: str = ""


def profile_partition(partition: Partition, digest: str, classes: int) -> PartitionProfile:
    """Decode a partition with verified checksums, and count its rows and classes."""
    try:
        examples = load_examples(partition, digest)
    except DataError as error:
        return PartitionProfile(0, error=" ".join(error.messages))
    path = partition.ranges[0].path
    if not np.isfinite(examples.x).all():
        message = f"{path}: expected finite inputs, found NaN or infinity; prepare the data again."
        return PartitionProfile(0, error=message)
    counts = np.bincount(examples.y, minlength=classes) if classes else np.array([], int)
    if len(counts) > classes:
        message = f"{path}: expected class indices below {classes}, found {examples.y.max()}; prepare the data again."
        return PartitionProfile(0, error=message)
    return PartitionProfile(len(examples), tuple(map(int, counts)))


def train_partition(
    partition: Partition, job: TrainingJob, round_number: int, variables: list[np.ndarray]
) -> WorkerResult:
    """Train for one round on a partition, starting from the coordinator's variables.

    Args:
        partition: The examples.
        job: The training.
        round_number: Number of the round, from 0.
        variables: All variables, in the order of `all_variables`.

    Raises:
        DivergenceError: If the loss is not finite.
    """
    replica = _replicas.get(job.key, lambda: Replica.create(job), job.cores)
    examples, on_device = replica.examples(partition)
    replica.assign(variables, partition.number)
    started = time.perf_counter()
    metrics = replica.train(on_device, len(examples), partition.number, round_number)
    if not np.isfinite(metrics["loss"]):
        raise DivergenceError(replica.model.name, round_number + 1, "loss", metrics["loss"])
    results = replica.results()
    seconds = time.perf_counter() - started
    return WorkerResult(len(examples), metrics, results, seconds, f"{socket.gethostname()}:{os.getpid()}")


@dataclass
class Replica:
    """A worker process's copy of the network, with what is expensive to make again for every task.

    Attributes:
        job: The training.
        model: The network.
        engine: Its compiled training.
        loaded: Examples by partition, mapped from files, and on the device.
    """

    job: TrainingJob
    model: Network
    engine: Engine
    loaded: dict[Partition, tuple[Examples, DeviceExamples]] = field(default_factory=dict)

    @classmethod
    def create(cls, job: TrainingJob) -> Replica:
        """Build the network in the same way as the coordinator."""
        model = job.network.create()
        methods = training_methods(model)
        if job.sample is not None:
            methods.prepare(job.sample, job.steps)
        methods.defer_update()
        return cls(job, model, Engine(model))

    def examples(self, partition: Partition) -> tuple[Examples, DeviceExamples]:
        """Return the examples of a partition as the network reads them, and on the device."""
        if partition not in self.loaded:
            examples = select_inputs(self.model, load_examples(partition, self.job.digest))
            weights = self.job.class_weights
            if weights is not None:
                examples = replace(examples, weight=sample_weights(examples.y, weights))
            self.loaded[partition] = examples, DeviceExamples(examples)
        return self.loaded[partition]

    def assign(self, variables: list[np.ndarray], number: int) -> None:
        """Set all variables; random states get a different value in every partition.

        Args:
            variables: Values in the order of `all_variables`.
            number: Number of the partition, from 0.
        """
        for variable, value in zip(all_variables(self.model), variables, strict=True):
            is_random_state = variable.name == RANDOM_STATE
            variable.assign(_offset_random_state(value, number) if is_random_state and number else value)

    def train(self, on_device: DeviceExamples, rows: int, number: int, round_number: int) -> dict[str, float]:
        """Train for one round, and return the means of Keras' metrics.

        Args:
            on_device: Examples of the partition.
            rows: Its rows.
            number: Number of the partition, from 0.
            round_number: Number of the round, from 0.
        """
        job = self.job
        order_free = training_methods(self.model).order_free
        plan = plan_epoch(rows, job.batch_size(rows), order_free, job.local_epochs)
        first_step = round(round_number * job.local_epochs * (rows // plan.batch_size))
        seed = job.network.problem.seed + number * SEED_STRIDE
        return self.engine.train(on_device, epoch_steps(rows, plan, seed, first_step, order_free))

    def results(self) -> list[np.ndarray]:
        """Return what the coordinator needs: sums over the rows if the network adds up sums, else all variables."""
        methods = training_methods(self.model)
        variables = methods.sum_variables() if methods.sums_over_examples else all_variables(self.model)
        return [np.asarray(variable) for variable in variables]


_replicas: ProcessCache[Replica] = ProcessCache()
"""The replica of this worker process, by the key of its training."""


def _offset_random_state(state: np.ndarray, number: int) -> np.ndarray:
    """Return the random state of a partition, so that partitions draw different numbers."""
    offset = state.copy()
    offset.flat[0] = (int(offset.flat[0]) + number * RANDOM_STATE_STRIDE) % 2**32
    return offset
