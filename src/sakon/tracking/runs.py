"""MLflow runs of one Kedro run: opened, filled and closed by name."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sakon import families
from sakon.errors import TrackingError
from sakon.tracking import operations as ops
from sakon.tracking import store
from sakon.tracking.causes import Cause, cause_of, error_reason
from sakon.tracking.dead_runs import process_tags
from sakon.tracking.execution import OperationExecutor
from sakon.tracking.heartbeat import Heartbeat
from sakon.tracking.names import flatten_parameters
from sakon.tracking.source import command_tags, git_tags
from sakon.tracking.spool import Spool, SpooledSession, as_json
from sakon.tracking.system_metrics import SystemMetrics
from sakon.tracking.versions import LoggedVersion

if TYPE_CHECKING:
    import mlflow
    from kedro.io import DataCatalog

__all__ = ["LoggedVersion", "MlflowRuns", "flatten_parameters"]

EXPERIMENT_SECONDS = 5.0
"""Maximum wait for a server that restores an experiment."""
LOGGER = logging.getLogger("sakon")


class MlflowRuns(OperationExecutor):
    """The MLflow runs of one Kedro run; the name of a run is that of a family, a variant or a pipeline.

    What MLflow does not take because its server does not respond is written to a spool in the project. It is recorded
    when the server responds again, or by the next Kedro run. A record that was deleted in MLflow costs what belongs to
    it, and nothing else.

    Args:
        client: MLflow client of the store.
        experiment: Id of the problem's experiment.
        problem: Name of the problem and of its registered model.
        parameters: Typed parameters by key, as Kedro's context holds them.
        system_metrics: Whether use of processor and memory is recorded.
        project: The project's folder; without it there is no spool, and no commit is recorded.
        catalog: Has what a model is registered with.
    """

    def __init__(
        self,
        client: mlflow.MlflowClient,
        experiment: str,
        problem: str,
        parameters: dict[str, Any],
        system_metrics: bool,
        project: Path | None = None,
        catalog: DataCatalog | None = None,
    ) -> None:
        super().__init__(client, experiment, problem, parameters, catalog)
        self._spool = Spool.create(project, problem) if project else None
        self._open: set[str] = set()
        self._in_workers: set[str] = set()
        self._reported: set[str] = set()
        self._guard = threading.RLock()  # trainings may send their epochs from several threads
        self._system_metrics = SystemMetrics() if system_metrics else None
        self._heartbeat = Heartbeat(client, self._open_ids)
        self._tags = command_tags(problem) | git_tags(project)
        self._registered = self._registered_names()

    def is_open(self, name: str) -> bool:
        """Return whether a run is open."""
        return name in self._open

    def enter(self, name: str) -> None:
        """Open a run if it is not open, and record system metrics in it."""
        if name not in self._open:
            self.forget(name)
            self._open.add(name)
            self.perform(self._opening(name))
            self._heartbeat.start()
        if self._system_metrics is not None:
            record = self._system_metrics.add if name in self._in_workers else self._system_metrics.switch
            record(None if store.outage().reason else self.ids.get(name))

    def note_worker(self, name: str) -> None:
        """Note that the nodes of a run are in a worker: system metrics are recorded next to those of other runs."""
        self._in_workers.add(name)

    def has_run(self, name: str) -> bool:
        """Return whether there is a run of that name to add to: of this session, or of a registered version."""
        return name in self._open or name in self.ids or name in self._registered

    def close(self, name: str, failure: str = "") -> None:
        """End a run; as failed, if there is a reason."""
        if self._system_metrics is not None:
            self._system_metrics.leave(self.ids.get(name))
        self._open.discard(name)
        self.perform(ops.CloseRun(run=name, failure=failure))

    def close_all(self, failure: str = "") -> None:
        """End all open runs; what still waits for the server is left to a later process."""
        self._heartbeat.stop()
        for name in sorted(self._open):
            self.close(name, failure)
        if self._spool is not None and self._spool.waiting and not self._flush(self._spool):
            self._spool.release()

    @property
    def distributed_family(self) -> str:
        """The family that Spark trains."""
        return flatten_parameters(self.parameters.get("distributed")).get("family", "")

    def log_metrics(self, name: str, metrics: Mapping[str, float]) -> None:
        """Add metrics to a run, and to its logged model if there is one."""
        self.log_steps(name, [(0, metrics)])

    def log_steps(self, name: str, steps: Iterable[tuple[int, Mapping[str, float]]]) -> None:
        """Add the metrics of several steps to a run in one call."""
        self.perform(ops.LogMetrics(run=name, steps=tuple((step, dict(metrics)) for step, metrics in steps)))

    def set_tags(self, name: str, tags: Mapping[str, str]) -> None:
        """Add tags `sakon.<key>` to a run."""
        if tags:
            self.perform(ops.SetTags(run=name, tags=dict(tags)))

    def perform(self, operation: ops.Operation) -> None:
        """Record something now, or write it to the spool if the server does not respond.

        Raises:
            Exception: If MLflow cannot record it for another reason than a server that is down or a deleted record.
        """
        with self._guard:
            if self._must_wait():
                self._append(operation)
                return
            try:
                with store.outage().timed():
                    self.execute(operation)
            except Exception as error:
                cause = cause_of(error)
                if cause is Cause.UNREACHABLE and self._spool is not None:
                    self._begin_outage(self._spool, error)
                    self._append(operation)
                elif cause is Cause.RECORD_DELETED:
                    self._replace_deleted(operation, error)
                else:
                    raise
            else:
                store.outage().end()

    def _registered_names(self) -> frozenset[str]:
        """Return the names that have a registered version now: later the server may not respond."""
        try:
            return frozenset(self.client.get_registered_model(self.problem).aliases)
        except Exception as error:
            if cause_of(error) is not Cause.RECORD_DELETED:  # there is no registered model
                raise
            return frozenset()

    def _opening(self, name: str) -> ops.OpenRun:
        title = families.display_name(name)
        tags = {**self._tags, **process_tags(), "sakon.family": title}
        return ops.OpenRun(run=name, title=title, tags=tags, params=self.params_of(name))

    def _open_ids(self) -> list[str]:
        return [self.ids[name] for name in list(self._open) if name in self.ids]

    def _must_wait(self) -> bool:
        """Return whether something has to go to the spool: the server is silent, or older records wait."""
        if self._spool is None:
            return False
        return store.outage().is_paused or bool(self._spool.waiting and not self._flush(self._spool))

    def _append(self, operation: ops.Operation) -> None:
        if self._spool is None:
            raise TrackingError(f"MLflow server {self.client.tracking_uri}: it does not respond.")
        if not self._spool.folder.exists():
            self._begin_spool(self._spool)
        self._spool.append(operation)

    def _begin_outage(self, spool: Spool, error: Exception) -> None:
        store.outage().begin(error_reason(error))
        if not spool.folder.exists():
            self._begin_spool(spool)

    def _begin_spool(self, spool: Spool) -> None:
        uri = str(self.client.tracking_uri)
        spool.begin(SpooledSession(uri=uri, problem=self.problem, parameters=as_json(self.parameters)), self)
        LOGGER.warning(
            "MLflow server %s does not respond (%s): the run goes on, and what is to be recorded waits in %s. It is "
            "recorded when the server responds, or by the next `kedro run`.",
            uri, store.outage().reason, spool.folder,
        )  # fmt: skip

    def _flush(self, spool: Spool) -> bool:
        """Record what waits, if the server responds; return whether nothing waits any more."""
        if store.outage().is_paused and self._open:
            return False
        if not store.responds(str(self.client.tracking_uri)):
            store.outage().begin(store.outage().reason or "timed out")
            return False
        for operation, error in spool.flush(self):
            if error is None:
                continue
            if cause_of(error) is Cause.UNREACHABLE:
                store.outage().begin(error_reason(error))
                return False
            self._report_lost(operation, error)
        store.outage().end()
        return True

    def _replace_deleted(self, operation: ops.Operation, error: Exception) -> None:
        """Go on after a record was deleted in MLflow: restore the experiment, register a model in a new run."""
        try:
            if isinstance(operation, ops.OpenRun):
                uri = str(self.client.tracking_uri)
                self.experiment = store.prepare(uri, EXPERIMENT_SECONDS, self.problem) or self.experiment
                self.execute(operation)
                return
            if isinstance(operation, ops.RegisterModel):
                self.execute(self._opening(operation.run))
                self.execute(operation)
                return
        except Exception as second_error:
            if cause_of(second_error) is not Cause.RECORD_DELETED:
                raise
        self._report_lost(operation, error)

    def _report_lost(self, operation: ops.Operation, error: Exception) -> None:
        """Warn once per run that something of it cannot be recorded, and write no more into a deleted run."""
        if not isinstance(operation, ops.DescribeVersion | ops.RecordDecision):
            self.forget(operation.run)
        if operation.run in self._reported:
            return
        self._reported.add(operation.run)
        LOGGER.warning(
            "MLflow did not record the %s of %s (%s): was its run or model deleted in MLflow? All else is recorded.",
            operation.kind, families.display_name(operation.run), error_reason(error),
        )  # fmt: skip
