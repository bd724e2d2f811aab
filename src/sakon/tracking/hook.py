"""Records in MLflow what the catalog declares; nodes do not know MLflow."""

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
from sakon.tracking.address import StoreAddress
from sakon.tracking.config import MlflowConfig
from sakon.tracking.metadata import mlflow_metadata
from sakon.tracking.operations import INTERRUPTED
from sakon.training.events import TrainingId, TrainingListener
from sakon.workers import MainProcessHook, WorkerListener

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node

    from sakon.tracking.recorder import RunRecorder


class MlflowHook(MainProcessHook, WorkerListener, TrainingListener):
    """Opens one run per family and variant, one for the evaluation and one per scoring; see `RunRecorder`.

    It is also a listener of training events: it logs the curves while a training runs. It records what workers do, too.
    """

    def __init__(self) -> None:
        self._recorder: RunRecorder | None = None

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Store the context, and tell the registry's datasets how to find the store outside a run."""
        from sakon.tracking import store

        self._project, self._problem, self._context = Path(context.project_path), problem_name(context.env), context
        store.locate(lambda: self._read_config(context.config_loader["parameters"]).address(self._project).uri)

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Prepare the store and subscribe to the events of trainings.

        Raises:
            TrackingError: If the store cannot be used and is required.
        """
        self._close_interrupted()
        self._catalog = catalog
        if not any(mlflow_metadata(catalog.get(name)) for name in pipeline.datasets()):
            return
        self._config = self._read_config(self._context.params)
        self._address: StoreAddress | None = None
        with self._tracking_errors():
            self._recorder = self._start(pipeline, catalog)

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str, data: Any, node: Node) -> None:
        """Record the data that a run reads."""
        if self._recorder is not None:
            with self._tracking_errors():
                self._recorder.after_load(dataset_name, lambda: data, node)

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """Open the run of the node's namespace if it is not open."""
        if self._recorder is not None:
            with self._tracking_errors():
                self._recorder.before_node(node)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any, node: Node) -> None:
        """Record a dataset as its catalog entry declares."""
        if self._recorder is not None:
            with self._tracking_errors():
                self._recorder.after_save(dataset_name, data, node)

    @hook_impl
    def after_pipeline_run(self) -> None:
        """Close all open runs."""
        self._stop()

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        """Close all open runs as failed, with the cause."""
        from sakon.tracking.causes import failure_reason

        self._stop(failure_reason(error))

    def on_epoch_end(self, training: TrainingId, epoch: int, metrics: Mapping[str, float]) -> None:
        """Record an epoch in the run of its family and variant."""
        if self._recorder is not None:
            with self._tracking_errors():
                self._recorder.after_epoch(training, epoch, metrics)

    def on_node_started(self, node: Node) -> None:
        """Open the run of a worker's node."""
        if self._recorder is not None:
            with self._tracking_errors():
                self._recorder.before_worker_node(node)

    def on_dataset_loaded(self, dataset_name: str, node: Node) -> None:
        """Record the data that a worker reads; they are loaded here once per run, for their digest."""
        if self._recorder is not None:
            with self._tracking_errors():
                self._recorder.after_load(dataset_name, lambda: self._catalog.load(dataset_name), node)

    def on_dataset_saved(self, dataset_name: str, data: Any, node: Node) -> None:
        """Record what a worker saved."""
        self.after_dataset_saved(dataset_name, data, node)

    def _start(self, pipeline: Pipeline, catalog: DataCatalog) -> RunRecorder:
        import mlflow

        from sakon.tracking import store
        from sakon.tracking.recorder import RunRecorder
        from sakon.tracking.replay import replay_spools
        from sakon.tracking.runs import MlflowRuns

        self._address = self._config.address(self._project)
        uri, timeout = self._address.uri, self._config.timeout_seconds
        experiment = store.prepare(uri, timeout, self._problem) or ""
        replay_spools(self._project, uri, timeout)
        client = mlflow.MlflowClient(uri, uri)
        store.close_dead_runs(experiment)
        settings = self._context.params, self._config.system_metrics, self._project
        runs = MlflowRuns(client, experiment, self._problem, *settings, catalog)
        recorder = RunRecorder(runs, pipeline, catalog)
        for events in events_in(catalog, pipeline.inputs()):
            events.subscribe(self)
        atexit.register(self._close_interrupted)
        return recorder

    def _stop(self, failure: str = "") -> None:
        recorder = self._recorder
        if recorder is None:
            return
        self._stop_recording()
        with self._tracking_errors(is_first_error=not failure):
            recorder.close(failure)

    def _stop_recording(self) -> None:
        self._recorder = None
        atexit.unregister(self._close_interrupted)

    def _close_interrupted(self) -> None:
        """Close the runs of an interrupted session: Kedro does not call hooks on `KeyboardInterrupt`."""
        self._stop(INTERRUPTED)

    @contextmanager
    def _tracking_errors(self, is_first_error: bool = True) -> Iterator[None]:
        """Raise errors of MLflow as `TrackingError`; if MLflow is not required, warn and stop recording instead.

        Args:
            is_first_error: Whether an error here is to be reported: not if another one has already ended the run.
        """
        from sakon.tracking import store

        try:
            yield
        except Exception as error:
            tracking_error = _as_tracking_error(error, self._address)
            is_raised = is_first_error and self._config.required
            if tracking_error is None or (tracking_error is error and is_raised):
                raise
            if is_raised:
                raise tracking_error from error
            self._stop_recording()
            store.disable()
            if is_first_error:
                _warn(f"{tracking_error} The rest of this run will not be recorded.")

    def _read_config(self, parameters: dict[str, Any]) -> MlflowConfig:
        return MlflowConfig.model_validate(parameters.get("mlflow", {}))


def _as_tracking_error(error: Exception, address: StoreAddress | None) -> TrackingError | None:
    """Return an error of MLflow as one sentence; `None` if it is not MLflow's, such as an unreadable file of data."""
    from mlflow.exceptions import MlflowException

    from sakon.tracking.causes import store_error

    if isinstance(error, TrackingError):
        return error
    if address is None or not isinstance(error, MlflowException | OSError):
        return None
    is_of_store = isinstance(error, MlflowException) or _is_of_store(error, address)
    return store_error(error, address) if is_of_store else None


def _is_of_store(error: OSError, address: StoreAddress) -> bool:
    """Return whether an error of a file or a connection is the store's."""
    if error.filename is None or address.file is None:
        return True
    path = Path(str(error.filename2 or error.filename))
    return path.is_relative_to(address.file.parent / "mlruns") or path == address.file


def _warn(sentence: str) -> None:
    logging.getLogger("sakon").warning("%s", sentence)
