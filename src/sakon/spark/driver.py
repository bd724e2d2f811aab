"""Distributed training of a network: the driver prepares the workers, runs rounds and chooses the best one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sakon.errors import ClusterError, DataError
from sakon.lazy import Network, pd
from sakon.models.predict import select_inputs
from sakon.problem import Examples, InputSpec, TrainingSummary
from sakon.spark.averaging import OuterOptimizer
from sakon.spark.batching import count_sharing_rows, worker_batch_size
from sakon.spark.cluster import Cluster
from sakon.spark.config import DistributedConfig
from sakon.spark.coordinator import Coordinator
from sakon.spark.job_progress import job_progress
from sakon.spark.partitions import ParquetFiles, Partition, read_partition
from sakon.spark.worker import NetworkSpec, TrainingJob, profile_partition
from sakon.training.batches import EpochPlan, plan_epoch, validation_steps
from sakon.training.callbacks import CheckpointAndEarlyStopping, TerminateOnDivergence
from sakon.training.checkpoints import Checkpoints, TrainingState
from sakon.training.class_weights import class_weights_from_counts, sample_weights
from sakon.training.engine import DeviceExamples, Engine
from sakon.training.events import TrainingEvents
from sakon.training.fit import initial_state, summarize, training_key
from sakon.training.methods import NetworkVariables, all_variables, build_optimizers, training_methods

MEBIBYTE = 2**20


@dataclass(frozen=True)
class DistributedTraining:
    """The result of a distributed training.

    Attributes:
        model: The network with the weights of its best epoch.
        history: One row per epoch, as of a training on one machine.
        workers: One row per epoch and partition: `epoch`, `partition`, `worker`, `rows`, `seconds`, `loss`.
        training: Its summary. Its details: `partitions`, `workers`, `worker_batch` (rows per step of the largest
            partition), `overhead_seconds` (median per epoch, beyond the slowest worker's training).
        sample: The train examples that came to the driver.
    """

    model: Network
    history: pd.DataFrame
    workers: pd.DataFrame
    training: TrainingSummary
    sample: Examples


def fit_distributed(
    network: NetworkSpec,
    train: ParquetFiles,
    validation: ParquetFiles,
    distributed: DistributedConfig,
    cluster: Cluster,
    checkpoints: Checkpoints,
    events: TrainingEvents,
) -> DistributedTraining:
    """Train a family's network on a cluster and give it the weights of the epoch with the lowest `val_loss`.

    With one partition the weights equal those of `training.fit`. An epoch here is a round: `local_epochs` epochs of
    every worker over its rows. An interrupted training resumes from its last checkpoint.

    Args:
        network: What the network is built from.
        train: Train files; only a sample of their rows comes to the driver.
        validation: Validation files, which choose the epoch.
        distributed: Partitions, averaging, limits.
        cluster: The workers.
        checkpoints: Where the state of an unfinished training is stored.
        events: Receives the start, every epoch and the end.

    Raises:
        DataError: Naming every partition that cannot be used.
        ClusterError: If the model is too large to be sent, or a task fails as often as Spark may repeat it.
        DivergenceError: If a loss is not finite, or explodes.
    """
    partitions = partition_train(train, distributed.partitions, cluster)
    class_counts = count_classes(partitions, train.digest, network.input_spec, cluster)
    sample = read_partition(train.sample(distributed.sample_rows))
    job, model, plan = _create_job(network, train, partitions, sample, class_counts, distributed, cluster)
    held_out = _validation_examples(model, validation, job, distributed)
    outer = OuterOptimizer(distributed.outer_learning_rate, distributed.outer_momentum, distributed.nesterov)
    coordinator = Coordinator(model, outer, partitions, job, cluster)
    state = _run_rounds(coordinator, held_out, plan, distributed, checkpoints, events)
    model.set_weights(state.best_weights)
    summary = summarize(model, state, network.input_spec, network.config)
    training = summary.model_copy(update={"details": coordinator.details()})
    return DistributedTraining(model, pd.DataFrame(state.history), coordinator.worker_table(), training, sample)


def _create_job(
    network: NetworkSpec,
    train: ParquetFiles,
    partitions: list[Partition],
    sample: Examples,
    class_counts: np.ndarray,
    distributed: DistributedConfig,
    cluster: Cluster,
) -> tuple[TrainingJob, Network, EpochPlan]:
    """Return what every worker needs to create its replica, the coordinator's network, and the plan of an epoch."""
    input_spec, config, problem = network.input_spec, network.config, network.problem
    model = network.create()
    sample = select_inputs(model, sample)
    methods, rows = training_methods(model), [len(partition) for partition in partitions]
    sharing_rows = 0 if methods.order_free else count_sharing_rows(rows, config.batch_size, distributed.shared_batch)
    batch_size = worker_batch_size(config.batch_size, max(rows), sharing_rows)
    plan = plan_epoch(max(rows), batch_size, methods.order_free, distributed.local_epochs)
    methods.prepare(sample, plan.steps)
    methods.defer_update()
    _check_size(model, distributed)
    job = TrainingJob(
        key=training_key(model, input_spec, (config, distributed, partitions), problem),
        network=network,
        sample=sample if methods.starts_from_data else None,
        steps=plan.steps,
        class_weights=class_weights_from_counts(class_counts, input_spec, problem) if methods.weighs_examples else None,
        local_epochs=distributed.local_epochs,
        digest=train.digest,
        cores=cluster.cores_per_task,
        sharing_rows=sharing_rows,
    )
    return job, model, plan


def partition_train(train: ParquetFiles, count: int | None, cluster: Cluster) -> list[Partition]:
    """Return the partitions of the train files, without empty ones.

    Args:
        train: The files.
        count: Number of partitions. If `None`: one per file, or one per core if there is a single file.
        cluster: Gives the number of cores.

    Raises:
        DataError: If there are no rows, or fewer rows than partitions.
    """
    if not len(train):
        name = train.paths[0] if train.paths else "train"
        raise DataError(f"{name}: expected train rows, found none; prepare the data again.")
    if count is None and len(train.paths) > 1:
        return [partition for partition in train.partition_by_file() if len(partition)]
    return train.partition(count or min(cluster.cores, len(train)))


def count_classes(partitions: Sequence[Partition], digest: str, input_spec: InputSpec, cluster: Cluster) -> np.ndarray:
    """Let workers decode every partition, and return the number of rows of each class, (classes,).

    Raises:
        DataError: Naming every partition with an error.
    """
    classes = len(input_spec.classes)
    with cluster.broadcast(digest) as files, cluster.broadcast(classes) as number, job_progress("reading train"):
        profiles = cluster.map(profile_partition, partitions, files, number)
    if messages := [profile.error for profile in profiles if profile.error]:
        raise DataError(*dict.fromkeys(messages))
    counts: np.ndarray = np.sum([profile.class_counts for profile in profiles], axis=0, dtype=int)
    return counts


def _run_rounds(
    coordinator: Coordinator,
    held_out: Examples,
    plan: EpochPlan,
    distributed: DistributedConfig,
    checkpoints: Checkpoints,
    events: TrainingEvents,
) -> TrainingState:
    """Run rounds until the last epoch or until patience ends."""
    model, key, outer = coordinator.model, coordinator.job.key, coordinator.outer
    config = coordinator.job.network.config
    engine, divergence = Engine.of(model), TerminateOnDivergence(model.name)
    examples, steps = DeviceExamples(held_out), validation_steps(len(held_out), config.batch_size, plan)
    state = checkpoints.latest(key) or initial_state(model)
    stopping = CheckpointAndEarlyStopping(
        NetworkVariables(model), state, config.patience, checkpoints, key, outer.state
    )
    outer.restore(state.variables[len(all_variables(model)) :])
    last = max(1, round(config.epochs / distributed.local_epochs))
    events.begin(last, stopping.state.epoch)
    try:
        if not stopping.is_finished():
            for epoch, metrics in coordinator.rounds(stopping.state.epoch, last):
                metrics |= engine.validate(examples, steps)
                divergence.end_epoch(epoch + 1, metrics)
                stopping.end_epoch(metrics)
                events.end_epoch(metrics | coordinator.partition_metrics())
                if stopping.is_finished():
                    break
    finally:
        events.end()
    checkpoints.complete(stopping.current_state(), key)
    return stopping.state


def _validation_examples(
    model: Network, validation: ParquetFiles, job: TrainingJob, distributed: DistributedConfig
) -> Examples:
    """Return the driver's validation examples."""
    if not len(validation):
        raise DataError("validation: expected rows to choose the epoch by, found none; prepare the data again.")
    examples = select_inputs(model, read_partition(validation.sample(distributed.validation_rows)))
    if job.class_weights is not None:
        examples = replace(examples, weight=sample_weights(examples.y, job.class_weights))
    return examples


def _check_size(model: Network, distributed: DistributedConfig) -> None:
    size = sum(np.asarray(variable).nbytes for variable in all_variables(build_optimizers(model))) / MEBIBYTE
    if size > distributed.max_model_mib:
        raise ClusterError(
            f"Family {model.name}: expected at most {distributed.max_model_mib:,} MiB of weights and optimizer to send "
            f"to every worker (distributed.max_model_mib), found {size:,.0f} MiB; choose a smaller network, or raise "
            f"that limit if the workers have the memory."
        )
