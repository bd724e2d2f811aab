"""Learning on a cluster: the master's part.

The subsets of the data are on the nodes; the master model is replicated in the workers; every round they get its
parameters, learn from their subsets and answer with theirs; the master renews its own by their mean, weighted by rows.
That mean is the model of the round; an outer optimizer may let the next round begin beyond it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sakon.errors import ClusterError, DataError
from sakon.lazy import Network, pd
from sakon.models.predict import select_inputs
from sakon.problem import Examples, InputSpec, Problem, TrainingSummary
from sakon.spark.averaging import OuterOptimizer, averaged, totals
from sakon.spark.batching import batch_share, rows_sharing
from sakon.spark.cluster import Cluster
from sakon.spark.config import DistributedConfig
from sakon.spark.job_progress import job_progress
from sakon.spark.partitions import Files, Partition, read
from sakon.spark.worker import Answer, Training, learn, survey
from sakon.training.batches import ordered_batches, plan_epoch
from sakon.training.checkpoints import Checkpoints, TrainingState
from sakon.training.class_weights import class_weights_from_counts, sample_weights
from sakon.training.events import TrainingEvents
from sakon.training.fit import initial_state, summarize, training_key
from sakon.training.methods import all_variables, build_optimizers, training_methods

MEBIBYTE = 2**20
SHOWN_WORKERS = 8
"""So many workers' figures at most are recorded every epoch; the table of workers has all."""


@dataclass(frozen=True)
class Trained:
    """What a distributed training comes to.

    Attributes:
        model: The network with the weights of its best epoch.
        history: One row per epoch, as of a local training.
        training: Its summary, as of a local one; and `partitions`, `workers`, `worker_batch` (rows of a
            step of the largest partition), `overhead_seconds` (of an epoch, beyond the slowest worker's learning).
        workers: One row per epoch and partition: `epoch`, `partition`, `worker`, `rows`, `seconds`, `loss`.
        sample: The rows of train that came to the driver.
    """

    model: Network
    history: pd.DataFrame
    training: TrainingSummary
    workers: pd.DataFrame
    sample: Examples


def fit(
    build: Callable[..., Network],
    train: Files,
    validation: Files,
    input_spec: InputSpec,
    config: Any,
    problem: Problem,
    distributed: DistributedConfig,
    cluster: Cluster,
    checkpoints: Checkpoints,
    events: TrainingEvents,
) -> Trained:
    """Train a network of a family on a cluster, choosing the epoch with the lowest `val_loss`.

    With one partition it ends with the weights of the local `fit`. An epoch here is a round: `local_epochs` passes of
    every worker over its own rows. A training whose driver was killed goes on from its last saved epoch.

    Args:
        build: The family's `build(input_spec, config, problem)`.
        train: Files to learn from; their rows never come here, but for a bounded sample.
        validation: Files to choose the epoch by.
        input_spec: What the model reads and answers.
        config: The family's settings.
        problem: Gives the seed.
        distributed: Partitions, how often and how answers are averaged, bounds.
        cluster: Where workers are.
        checkpoints: Where the state of an unfinished training is kept.
        events: Receives the start, every epoch and the end.

    Raises:
        DataError: Naming every partition that cannot be learnt from.
        ClusterError: If the model is too large to be sent, or a task fails for good.
        DivergenceError: If the loss is no longer a finite number.
    """
    partitions = deal(train, distributed.partitions, cluster)
    counts = surveyed(partitions, train.digest, input_spec, cluster)
    partitions = [partition for partition in partitions if len(partition)]
    sample = read(train.spread(distributed.sample_rows))
    training, model = _prepared(build, partitions, sample, counts, input_spec, config, problem, distributed)
    training = replace(training, digest=train.digest, cores=cluster.cores_per_task)
    held_out = _held_out(model, validation, config, distributed, training.weights)
    outer = OuterOptimizer(distributed.outer_learning_rate, distributed.outer_momentum, distributed.nesterov)
    master = _Master(model, outer, partitions, training, cluster)
    state = _train(master, held_out, config, distributed, checkpoints, events)
    model.set_weights(state.best_weights)
    checkpoints.clear()
    found = summarize(model, state, input_spec).model_copy(update={"details": master.figures()})
    return Trained(model, pd.DataFrame(state.history), found, pd.DataFrame(master.told), sample)


def _prepared(
    build: Callable[..., Network],
    partitions: list[Partition],
    sample: Examples,
    counts: np.ndarray,
    input_spec: InputSpec,
    config: Any,
    problem: Problem,
    distributed: DistributedConfig,
) -> tuple[Training, Network]:
    """Return what every worker needs to make its replica, and the master's own."""
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    model = build(input_spec, config, problem)
    sample = select_inputs(model, sample)
    methods, rows = training_methods(model), [len(partition) for partition in partitions]
    sharing = 0 if methods.order_free else rows_sharing(rows, config.batch_size, distributed.shared_batch)
    batch_size = batch_share(config.batch_size, max(rows), sharing)
    plan = plan_epoch(max(rows), batch_size, methods.order_free, distributed.local_epochs)
    model.steps_per_execution = plan.steps_per_execution
    methods.prepare(sample, plan.steps)
    methods.defer_update()
    _check_size(model, distributed)
    return Training(
        key=training_key(model, input_spec, (config, distributed, partitions), problem),
        build=build,
        input_spec=input_spec,
        config=config,
        problem=problem,
        sample=sample if methods.starts_from_data else None,
        steps=plan.steps,
        weights=class_weights_from_counts(counts, input_spec, problem) if methods.weighs_examples else None,
        local_epochs=distributed.local_epochs,
        sharing=sharing,
    ), model


def deal(train: Files, count: int | None, cluster: Cluster) -> list[Partition]:
    """Return what every task learns from: the files as they lie, or all rows in so many partitions.

    Raises:
        DataError: If there are no rows, or more partitions than rows.
    """
    if not len(train):
        raise DataError(f"{train.paths[0] if train.paths else 'train'}: expected rows to learn from, found none.")
    if count is None and len(train.paths) > 1:
        return train.as_they_lie()
    return train.dealt(count or min(cluster.cores, len(train)))


def surveyed(partitions: Sequence[Partition], digest: str, input_spec: InputSpec, cluster: Cluster) -> np.ndarray:
    """Let workers decode every partition, and return the rows of each class over all, (classes,).

    Raises:
        DataError: Naming every partition at fault.
    """
    classes = len(input_spec.classes)
    with cluster.shared(digest) as of_files, cluster.shared(classes) as sent, job_progress("reading train"):
        found = cluster.run(survey, [partition for partition in partitions if len(partition)], of_files, sent)
    if faults := [each.fault for each in found if each.fault]:
        raise DataError(*dict.fromkeys(faults))
    counts: np.ndarray = np.sum([each.counts for each in found], axis=0, dtype=int)
    return counts


class _Master:
    """Holds the model, and lets the workers improve it."""

    def __init__(
        self, model: Any, outer: OuterOptimizer, partitions: list[Partition], training: Training, cluster: Cluster
    ) -> None:
        self.model, self.outer = model, outer
        self.training, self._partitions, self._cluster = training, partitions, cluster
        self.told: list[dict[str, Any]] = []
        self._overheads: list[float] = []

    def rounds(self, first: int, last: int) -> Any:
        """Yield the metrics of every round, from `first` to `last`, after which the model is renewed."""
        with self._cluster.shared(self.training) as training:
            for epoch in range(first, last):
                yield epoch, self._round(epoch, training)

    def _round(self, epoch: int, training: Any) -> dict[str, float]:
        started = time.perf_counter()
        current = self._current()
        with self._cluster.shared(epoch) as number, self._cluster.shared(current) as variables:
            answers = self._cluster.run(learn, self._partitions, training, number, variables)
        self._renew(current, answers)
        self._overheads.append(time.perf_counter() - started - max(answer.seconds for answer in answers))
        rows = [answer.rows for answer in answers]
        for partition, answer in zip(self._partitions, answers, strict=True):
            told = {"epoch": epoch + 1, "partition": partition.number, "worker": answer.host}
            facts = {"rows": answer.rows, "seconds": answer.seconds, "loss": answer.metrics["loss"]}
            self.told.append(told | facts)
        return {
            name: float(np.average([answer.metrics[name] for answer in answers], weights=rows))
            for name in answers[0].metrics
        }

    def _current(self) -> list[np.ndarray]:
        """Return all variables as workers get them, with the weights that the outer optimizer has chosen."""
        paths = [variable.path for variable in self.model.trainable_variables]
        chosen = dict(zip(paths, self.outer.start, strict=True)) if self.outer.start else {}
        return [chosen.get(variable.path, np.asarray(variable)) for variable in all_variables(self.model)]

    def _renew(self, current: list[np.ndarray], answers: list[Answer]) -> None:
        changed = [answer.variables for answer in answers]
        methods = training_methods(self.model)
        if methods.sums_over_examples:
            methods.update_from_sums(totals(changed))
            return
        mean = averaged(changed, [answer.rows for answer in answers])
        variables = all_variables(self.model)
        for variable, value in zip(variables, mean, strict=True):
            variable.assign(value)
        paths = [variable.path for variable in variables]
        before, after = dict(zip(paths, current, strict=True)), dict(zip(paths, mean, strict=True))
        trained = [variable.path for variable in self.model.trainable_variables]
        self.outer.step([before[path] for path in trained], [after[path] for path in trained])

    def shown(self) -> dict[str, float]:
        """Return what is recorded of each worker's last round, beside the curves."""
        last = self.told[-len(self._partitions) :][:SHOWN_WORKERS]
        return {
            f"partition_{row['partition']}_{name}": row[name] for row in last for name in ("rows", "seconds", "loss")
        }

    def figures(self) -> dict[str, float]:
        """Return what the summary of the training tells of the cluster."""
        largest = max(map(len, self._partitions))
        return {
            "partitions": len(self._partitions),
            "workers": len({row["worker"] for row in self.told}),
            "worker_batch": self.training.batch_size(largest),
            "overhead_seconds": round(float(np.median(self._overheads)), 3) if self._overheads else 0.0,
        }


def _train(
    master: _Master,
    held_out: Any,
    config: Any,
    distributed: DistributedConfig,
    checkpoints: Checkpoints,
    events: TrainingEvents,
) -> TrainingState:
    """Run rounds until patience or epochs are at their end."""
    from sakon.training.callbacks import CheckpointAndEarlyStopping, TerminateOnDivergence

    model, key = master.model, master.training.key
    keeper = CheckpointAndEarlyStopping(
        checkpoints.latest(key) or initial_state(model),
        config.patience,
        checkpoints,
        key,
        extra_variables=master.outer.state,
    )
    watch = TerminateOnDivergence()
    for callback in (keeper, watch):
        callback.set_model(model)
    keeper.on_train_begin()
    master.outer.restore(keeper.state.variables[len(all_variables(model)) :])
    last = max(1, round(config.epochs / distributed.local_epochs))
    events.begin(last, keeper.state.epoch)
    try:
        if not keeper.is_finished():
            for epoch, metrics in master.rounds(keeper.state.epoch, last):
                found = model.evaluate(held_out, verbose=0, return_dict=True)
                logs = metrics | {f"val_{name}": float(value) for name, value in found.items()}
                watch.on_epoch_end(epoch, logs)
                keeper.on_epoch_end(epoch, logs)
                events.end_epoch(logs | master.shown())
                if keeper.is_finished():
                    break
    finally:
        events.end()
    return keeper.state


def _held_out(
    model: Network, validation: Files, config: Any, distributed: DistributedConfig, weights: dict[int, float] | None
) -> Any:
    """Return the validation rows that the driver measures by, in batches as the local `fit` takes them."""
    if not len(validation):
        raise DataError("validation: expected rows to choose the epoch by, found none; prepare the data anew.")
    part = select_inputs(model, read(validation.spread(distributed.validation_rows)))
    if weights is not None:
        part = replace(part, weight=sample_weights(part.y, weights))
    return ordered_batches(part, max(config.batch_size, -(-len(part) // model.steps_per_execution)))


def _check_size(model: Network, distributed: DistributedConfig) -> None:
    size = sum(np.asarray(variable).nbytes for variable in all_variables(build_optimizers(model))) / MEBIBYTE
    if size > distributed.largest_model:
        raise ClusterError(
            f"Family {model.name}: expected at most {distributed.largest_model:,} MiB of weights and optimizer to send "
            f"to every worker (distributed.largest_model), found {size:,.0f} MiB; choose a smaller network, or raise "
            f"that limit if the workers have the memory."
        )
