"""Rounds of a distributed training.

Partitions of the data are on the workers, each of which has a replica of the network. In every round the workers get
the coordinator's variables, train on their partitions and return their variables; the coordinator takes the mean,
weighted by rows. This mean is the model of the round; an outer optimizer may start the next round elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from sakon.lazy import Network, pd
from sakon.spark.averaging import OuterOptimizer, sum_over_workers, weighted_mean
from sakon.spark.cluster import Cluster
from sakon.spark.partitions import Partition
from sakon.spark.worker import TrainingJob, WorkerResult, train_partition
from sakon.training.methods import all_variables, training_methods

if TYPE_CHECKING:
    from pyspark import Broadcast

MAX_RECORDED_PARTITIONS = 8
"""Partitions whose metrics are recorded with every epoch; the table of workers has all partitions."""


@dataclass(frozen=True)
class WorkerRow:
    """A row of the table of workers: one partition in one epoch.

    Attributes:
        epoch: Number of the round, from 1.
        partition: Number of the partition.
        worker: Host and process that trained it.
        rows: Rows of the partition.
        seconds: Time spent on training.
        loss: Mean train loss.
    """

    epoch: int
    partition: int
    worker: str
    rows: int
    seconds: float
    loss: float


class Coordinator:
    """Has the current model, and lets the workers train it round by round.

    Args:
        model: The network.
        outer: The outer optimizer.
        partitions: One per task.
        job: The training.
        cluster: The workers.
    """

    def __init__(
        self, model: Network, outer: OuterOptimizer, partitions: list[Partition], job: TrainingJob, cluster: Cluster
    ) -> None:
        self.model, self.outer, self.job = model, outer, job
        self._partitions, self._cluster = partitions, cluster
        self.worker_rows: list[WorkerRow] = []
        """Rows of the table of workers."""
        self._overheads: list[float] = []

    def rounds(self, first: int, last: int) -> Iterator[tuple[int, dict[str, float]]]:
        """Run the rounds from `first` up to, but without, `last`; yield number and metrics after each."""
        with self._cluster.broadcast(self.job) as job:
            for number in range(first, last):
                yield number, self._round(number, job)

    def _round(self, number: int, job: Broadcast[TrainingJob]) -> dict[str, float]:
        started = time.perf_counter()
        start = self._start_variables()
        with self._cluster.broadcast(number) as round_number, self._cluster.broadcast(start) as variables:
            results = self._cluster.map(train_partition, self._partitions, job, round_number, variables)
        self._update(start, results)
        self._overheads.append(time.perf_counter() - started - max(result.seconds for result in results))
        for partition, result in zip(self._partitions, results, strict=True):
            loss = result.metrics["loss"]
            self.worker_rows.append(
                WorkerRow(number + 1, partition.number, result.worker, result.rows, result.seconds, loss)
            )
        rows = [result.rows for result in results]
        return {
            name: float(np.average([result.metrics[name] for result in results], weights=rows))
            for name in results[0].metrics
        }

    def _start_variables(self) -> list[np.ndarray]:
        """Return all variables for the workers, with the weights of the outer optimizer."""
        paths = [variable.path for variable in self.model.trainable_variables]
        weights = dict(zip(paths, self.outer.next_start, strict=True)) if self.outer.next_start else {}
        return [weights.get(variable.path, np.asarray(variable)) for variable in all_variables(self.model)]

    def _update(self, start: list[np.ndarray], results: list[WorkerResult]) -> None:
        """Set the variables of the model to the mean over the workers, or update it from their sums."""
        trained = [result.variables for result in results]
        methods = training_methods(self.model)
        if methods.sums_over_examples:
            methods.update_from_sums(sum_over_workers(trained))
            return
        mean = weighted_mean(trained, [result.rows for result in results])
        variables = all_variables(self.model)
        for variable, value in zip(variables, mean, strict=True):
            variable.assign(value)
        paths = [variable.path for variable in variables]
        before, after = dict(zip(paths, start, strict=True)), dict(zip(paths, mean, strict=True))
        trainable = [variable.path for variable in self.model.trainable_variables]
        self.outer.step([before[path] for path in trainable], [after[path] for path in trainable])

    def worker_table(self) -> pd.DataFrame:
        """Return one `WorkerRow` per epoch and partition."""
        return pd.DataFrame(self.worker_rows, columns=[field.name for field in fields(WorkerRow)])

    def partition_metrics(self) -> dict[str, float]:
        """Return metrics of the partitions in the last round, by the name under which they are recorded."""
        last = self.worker_rows[-len(self._partitions) :][:MAX_RECORDED_PARTITIONS]
        metrics: dict[str, float] = {}
        for row in last:
            values = {"rows": row.rows, "seconds": row.seconds, "loss": row.loss}
            metrics |= {f"partition_{row.partition}_{name}": value for name, value in values.items()}
        return metrics

    def details(self) -> dict[str, float]:
        """Return what the summary of the training contains about the cluster."""
        max_rows = max(map(len, self._partitions))
        return {
            "partitions": len(self._partitions),
            "workers": len({row.worker for row in self.worker_rows}),
            "worker_batch": self.job.batch_size(max_rows),
            "overhead_seconds": round(float(np.median(self._overheads)), 3) if self._overheads else 0.0,
        }
