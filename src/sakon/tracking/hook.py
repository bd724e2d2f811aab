"""Carries to MLflow what the catalog declares; nodes know nothing of it."""

from __future__ import annotations

import atexit
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl

from sakon.config_loader import problem_name
from sakon.datasets.events import events_in
from sakon.errors import TrackingError
from sakon.tracking.config import MlflowConfig
from sakon.tracking.declaration import declared
from sakon.training.events import TrainingId

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node

    from sakon.tracking.recorder import Recorder

NOISY = ("mlflow", "alembic")
INTERRUPTED = "interrupted"


class MlflowHook:
    """One run per family, one for the evaluation, one for each scoring; see `Recorder`."""

    def __init__(self) -> None:
        self._recorder: Recorder | None = None

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Keep what describes a run, and where the registry can be found without one."""
        from sakon.tracking import store

        self._project, self._problem, self._context = Path(context.project_path), problem_name(context.env), context
        store.locate(lambda: self._read_settings(context.config_loader["parameters"]).uri(self._project))

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Make the store ready, or say why it cannot be used.

        Raises:
            TrackingError: If the server cannot be reached and is required.
        """
        self._abandon()
        if not any(declared(catalog.get(name)) for name in pipeline.datasets()):
            return
        self._settings = self._read_settings(self._context.params)
        with self._said_plainly():
            self._recorder = self._start(pipeline, catalog)
        if self._recorder is not None and "ParallelRunner" in str(run_params.get("runner")):
            _warn("ParallelRunner tells hooks nothing of its nodes: nothing of this run will be recorded by MLflow.")

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str, data: Any, node: Node) -> None:
        """Record the data that a run reads."""
        if self._recorder is not None:
            with self._said_plainly():
                self._recorder.read(dataset_name, data, node)

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """Open the run of the node's family, or go on with it."""
        if self._recorder is not None:
            with self._said_plainly():
                self._recorder.enter(node)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any, node: Node) -> None:
        """Record what its catalog entry declares."""
        if self._recorder is not None:
            with self._said_plainly():
                self._recorder.saved(dataset_name, data, node)

    @hook_impl
    def after_pipeline_run(self) -> None:
        """Close what is still open."""
        self._stop()

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        """Close what is open as failed."""
        self._stop((str(error).strip() or repr(error)).splitlines()[0])

    def _start(self, pipeline: Pipeline, catalog: DataCatalog) -> Recorder:
        import mlflow

        from sakon.tracking import store
        from sakon.tracking.recorder import Recorder
        from sakon.tracking.runs import Runs

        for name in NOISY:
            logging.getLogger(name).setLevel(logging.ERROR)
        uri = self._settings.uri(self._project)
        experiment = store.prepare(uri, self._settings.timeout_seconds, self._problem) or ""
        client = mlflow.MlflowClient(uri, uri)
        store.sweep(experiment)
        runs = Runs(client, experiment, self._problem, self._context.params, self._settings.system_metrics)
        recorder = Recorder(runs, pipeline, catalog)
        for events in events_in(catalog, pipeline.inputs()):
            events.subscribe(self)
        atexit.register(self._abandon)
        return recorder

    def on_train_begin(self, training: TrainingId, total: int, done: int, unit: str) -> None:
        """Do nothing: the run is opened by its first node."""

    def on_epoch_end(self, training: TrainingId, epoch: int, metrics: Mapping[str, float]) -> None:
        """Record an epoch of a training in the run of its family and variant."""
        if self._recorder is not None:
            with self._said_plainly():
                self._recorder.epoch(epoch, metrics)

    def on_train_end(self, training: TrainingId, epochs: int) -> None:
        """Do nothing: the run is closed after its last output."""

    def _stop(self, failure: str = "") -> None:
        recorder = self._recorder
        if recorder is None:
            return
        self._forget()
        with self._said_plainly(required=not failure):  # one failure is enough
            recorder.close(failure)

    def _forget(self) -> None:
        self._recorder = None
        atexit.unregister(self._abandon)

    def _abandon(self) -> None:
        """Close what an interrupted session left open: Kedro tells hooks of errors, not of interrupts."""
        self._stop(INTERRUPTED)

    @contextmanager
    def _said_plainly(self, required: bool = True) -> Iterator[None]:
        """Turn a fault of MLflow into one sentence; where MLflow is not required, record nothing more.

        Args:
            required: Whether the fault matters: it does not where another has already ended the run.
        """
        from sakon.tracking import store

        try:
            yield
        except Exception as error:
            fault = _as_tracking_error(error, self._settings.uri(self._project))
            if fault is None or (fault is error and required and self._settings.required):
                raise
            if required and self._settings.required:
                raise fault from error
            self._forget()
            store.switch_off()
            if required:
                _warn(f"{fault} Nothing more of this run will be recorded.")

    def _read_settings(self, parameters: dict[str, Any]) -> MlflowConfig:
        return MlflowConfig.model_validate(parameters.get("mlflow", {}))


def _as_tracking_error(error: Exception, uri: str) -> TrackingError | None:
    from mlflow.exceptions import MlflowException

    from sakon.tracking.store import reason_of

    if isinstance(error, TrackingError):
        return error
    if not isinstance(error, MlflowException | OSError):
        return None
    return TrackingError(
        f"MLflow at {uri}: expected it to record, found that it does not ({reason_of(error)}); see that it runs, or "
        f"train without it by --params mlflow.required=false."
    )


def _warn(sentence: str) -> None:
    logging.getLogger("sakon").warning("%s", sentence)
