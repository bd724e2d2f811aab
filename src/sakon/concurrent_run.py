"""A run whose families train in workers; this process runs all other nodes, and owns the console and MLflow."""

from __future__ import annotations

import logging
import signal
import sys
from typing import TYPE_CHECKING, Any

from sakon.datasets.events import events_in
from sakon.errors import SakonError, TrackingError
from sakon.node_execution import NodeExecutor, failure_reason
from sakon.schedule import Schedule
from sakon.training.events import TrainingEvents, TrainingId
from sakon.workers import FamilyJob, PluginListener, WorkerListener, WorkerPool
from sakon.workers.messages import (
    DatasetLoaded,
    DatasetSaved,
    EpochEnded,
    Event,
    FamilyFinished,
    FamilySkipped,
    Logged,
    NodeEnded,
    NodeStarted,
    Printed,
    ProcessEnded,
    Recorded,
    TrainingBegan,
    TrainingEnded,
)

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline
    from pluggy import PluginManager

    from sakon.workers.process import WorkerProcess

LOGGER = logging.getLogger("sakon")


class WorkerEndedError(SakonError):
    """The process of a family ended before the family was trained."""


class ConcurrentRun:
    """Gives families to workers as soon as their inputs exist, and runs the other nodes as soon as theirs do.

    Args:
        pipeline: The pipeline.
        catalog: Its catalog.
        hook_manager: Hooks; those that are a `WorkerListener` receive what the nodes in workers do.
        executor: Executes the nodes of this process.
        pool: The workers.
        run_id: Identifier of the run.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        catalog: CatalogProtocol[Any, Any],
        hook_manager: PluginManager,
        executor: NodeExecutor,
        pool: WorkerPool,
        run_id: str | None = None,
    ) -> None:
        self._executor, self._pool = executor, pool
        self._schedule = Schedule(pipeline, catalog, pool.is_timed)
        self._nodes = {node.name: node for node in pipeline.nodes}
        self._listeners = [
            *(plugin for plugin in hook_manager.get_plugins() if isinstance(plugin, WorkerListener)),
            PluginListener(hook_manager, catalog, run_id),
        ]
        self._events: dict[TrainingId, TrainingEvents] = {
            events.training: events for events in events_in(catalog, pipeline.inputs())
        }
        self._training: set[TrainingId] = set()

    def run(self) -> None:
        """Run all nodes."""
        try:
            while self._step():
                pass
        finally:
            for training in list(self._training):
                self._end_training(training)

    def _step(self) -> bool:
        """Handle an event of a worker or run a node; return whether anything was left to do."""
        jobs = self._schedule.take_jobs()
        if not self._pool.is_timed:  # the longest comes first, so that none trains alone at the end
            jobs.sort(key=lambda job: -self._schedule.seconds[job.family])
        for job in jobs:
            self._pool.submit(job)
        if (received := self._pool.next_event()) is not None:
            self._handle(*received)
        elif (node := self._schedule.take_node()) is not None:
            self._executor.execute(node)
            self._schedule.finish([node])
        elif self._pool.is_busy:
            self._handle(*self._pool.wait_for_event())
        else:
            return False
        return True

    def _handle(self, worker: WorkerProcess, event: Event) -> None:
        match event:
            case TrainingBegan():
                self._training.add(event.training)
                self._events[event.training].begin(event.total, event.done, event.unit)
            case EpochEnded():
                self._events[event.training].end_epoch(event.metrics)
            case TrainingEnded():
                self._end_training(event.training)
            case NodeStarted():
                for listener in self._listeners:
                    listener.on_node_started(self._nodes[event.node])
            case NodeEnded():
                for listener in self._listeners:
                    listener.on_node_ended(self._nodes[event.node], event.error)
            case DatasetLoaded():
                for listener in self._listeners:
                    listener.on_dataset_loaded(event.dataset, self._nodes[event.node])
            case DatasetSaved():
                worker.send(Recorded(self._record(event)))
            case Logged():
                _log(event)
            case Printed():
                sys.stderr.write(f"{event.line}\n")
            case FamilyFinished():
                self._schedule.finish(self._schedule.jobs[event.family].nodes)
            case FamilySkipped():
                job = self._schedule.jobs[event.family]
                self._executor.skip_family(job.nodes, event.limit)
                self._schedule.finish(job.nodes)
            case ProcessEnded() if worker.family:
                self._fail(self._schedule.jobs[worker.family], event)

    def _record(self, event: DatasetSaved) -> str:
        """Let hooks record an output; return why they could not, which is the family's failure, or an empty text."""
        try:
            for listener in self._listeners:
                listener.on_dataset_saved(event.dataset, event.data, self._nodes[event.node])
        except TrackingError:
            raise
        except Exception as error:
            LOGGER.debug("%s could not be recorded:", event.dataset, exc_info=error)
            return failure_reason(error)
        return ""

    def _fail(self, job: FamilyJob, event: ProcessEnded) -> None:
        """Save the failure of a family whose process has ended."""
        for training in [each for each in self._training if each.family == job.family]:
            self._end_training(training)
        error = WorkerEndedError(
            f"Family {job.family}: expected its process to train it, found that the process ended with "
            f"{_status_text(event.status)}; if the memory was full, lower run.workers."
        )
        self._executor.record_failure(job.family, job.nodes[0], error)
        self._schedule.finish(job.nodes)

    def _end_training(self, training: TrainingId) -> None:
        self._training.discard(training)
        self._events[training].end()


def _log(event: Logged) -> None:
    logger = logging.getLogger(event.name)
    if logger.isEnabledFor(event.level):
        logger.handle(logger.makeRecord(event.name, event.level, "", 0, event.text, (), None))


def _status_text(status: int) -> str:
    """Return how a process has ended: a signal, or its exit status."""
    if status >= 0:
        return f"exit status {status}"
    name = next((each.name for each in signal.Signals if each == -status), "unnamed")
    return f"signal {-status} ({name})"
