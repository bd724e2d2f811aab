"""Carries to MLflow what the catalog declares; nodes know nothing of it."""

from __future__ import annotations

import logging
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl

from sakon.config_loader import problem_name
from sakon.errors import TrackingError
from sakon.tracking.declaration import Tracked, declared
from sakon.tracking.settings import MlflowSettings

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node

EVALUATION = "evaluation"


class MlflowHook:
    """One run per family and one for the evaluation, each opened at its first node.

    Kedro interleaves the nodes of families, so a run may be left and entered again.
    """

    def __init__(self) -> None:
        self._active = False
        self._open: str | None = None

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Keep what describes a run."""
        self._project = Path(context.project_path)
        self._problem = problem_name(context.env)
        self._context = context

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Make the store ready, or say why it cannot be used.

        Raises:
            TrackingError: If the server cannot be reached and is required.
        """
        self._active, self._open = False, None
        self._runs: dict[str, str] = {}
        self._models: dict[str, str] = {}
        self._inputs: set[tuple[str, str]] = set()
        self._catalog: Any = catalog
        if not any(self._run_of(node) for node in pipeline.nodes):
            return
        parameters = self._context.params
        self._settings = MlflowSettings.model_validate(parameters.get("mlflow", {}))
        self._parameters = parameters
        try:
            self._prepare()
        except TrackingError as error:
            if self._settings.required:
                raise
            logging.getLogger("sakon").warning("%s Nothing of this run will be recorded.", error)

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """Enter the run of the node's family, leaving that of the family before."""
        name = self._run_of(node)
        if not self._active or name is None or name == self._open:
            return
        self._close()
        self._begin(name)
        for dataset in node.inputs:
            self._record_input(dataset, None)

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str, data: Any, node: Node) -> None:
        """Record the data that an open run reads."""
        if self._active and self._open is not None and self._run_of(node) == self._open:
            self._record_input(dataset_name, data)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Record what its catalog entry declares."""
        tracked = declared(self._catalog.get(dataset_name)) if self._active else None
        if tracked is None or tracked.log == "dataset":
            return
        run = tracked.run or dataset_name.split(".")[0]
        if tracked.log == "model":
            self._register(run)
        elif run == self._open or run in self._runs or tracked.log == "metrics":
            self._record(dataset_name, data, tracked, run)

    @hook_impl
    def after_pipeline_run(self) -> None:
        """Close the last run."""
        self._close()

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        """Close the open run as failed."""
        self._close(error)

    def _run_of(self, node: Node) -> str | None:
        from sakon import families

        name = (node.namespace or "").split(".")[0]
        return name if name == EVALUATION or name in families.names() else None

    def _prepare(self) -> None:
        import mlflow

        from sakon.tracking import store

        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.ERROR)
        store.prepare(self._settings.uri(self._project), self._settings.timeout_seconds)
        self._experiment = mlflow.set_experiment(self._problem).experiment_id
        store.sweep(self._experiment)
        self._active = True

    def _begin(self, name: str) -> None:
        from sakon.families import progress
        from sakon.tracking.runs import open_run, reopen_run

        system_metrics = self._settings.system_metrics
        if name in self._runs:
            reopen_run(self._runs[name], system_metrics)
        else:
            self._runs[name] = open_run(name, self._experiment, self._problem, self._parameters, system_metrics)
        self._open = name
        progress.listeners.append(self._record_epoch)

    def _close(self, failure: BaseException | None = None) -> None:
        if self._open is None:
            return
        from sakon.families import progress
        from sakon.tracking.runs import close_run

        progress.listeners.remove(self._record_epoch)
        close_run(failure)
        self._open = None

    def _record_input(self, dataset_name: str, data: Any) -> None:
        import mlflow

        dataset = self._catalog.get(dataset_name)
        tracked = declared(dataset)
        key = (str(self._open), dataset_name)
        if tracked is None or tracked.log != "dataset" or key in self._inputs:
            return
        data = dataset.load() if data is None else data
        source, name = str(dataset._filepath), f"{self._problem}.{dataset_name}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a path may be read in more than one way
            logged = mlflow.data.from_numpy(data.x, source=source, targets=data.y, name=name)
        mlflow.log_input(logged, context=tracked.context)
        self._inputs.add(key)

    def _record_epoch(self, epoch: int, metrics: dict[str, float]) -> None:
        import mlflow

        mlflow.log_metrics(metrics, step=epoch)

    def _register(self, family: str) -> None:
        from sakon.tracking.registration import register

        self._models[family] = register(family, self._problem, self._catalog)

    def _record(self, dataset_name: str, data: Any, tracked: Tracked, run: str) -> None:
        import mlflow

        if tracked.log == "metrics":
            self._record_metrics(data, run)
        elif tracked.log == "figure":
            name = dataset_name.split(".")[-1].removesuffix("_figure")
            mlflow.log_figure(data, f"figures/{name}.html")
        elif tracked.log == "artifact":
            mlflow.log_artifact(str(self._catalog.get(dataset_name)._filepath))
        elif tracked.log == "decision":
            self._decide(data)

    def _record_metrics(self, data: dict[str, Any], run: str) -> None:
        """Add numbers to a family's run and logged model, in this session or the one that trained it."""
        import mlflow

        run_id, model_id = self._runs.get(run), self._models.get(run)
        if run_id is None and data.get("status", "trained") == "trained":
            run_id, model_id = self._earlier(run)
        if run_id is None:
            return
        numbers = {k: float(v) for k, v in data.items() if isinstance(v, int | float) and not isinstance(v, bool)}
        mlflow.log_metrics(numbers, run_id=run_id, model_id=model_id, synchronous=True)
        client = mlflow.MlflowClient()
        for key, value in data.items():
            if isinstance(value, str) and value:
                client.set_tag(run_id, f"sakon.{key}", value)

    def _earlier(self, family: str) -> tuple[str | None, str | None]:
        import mlflow
        from mlflow.exceptions import MlflowException

        try:
            version = mlflow.MlflowClient().get_model_version_by_alias(self._problem, family)
        except MlflowException:
            return None, None
        self._runs[family], self._models[family] = str(version.run_id), version.tags.get("sakon.model_id")
        return self._runs[family], self._models[family]

    def _decide(self, decision: dict[str, Any]) -> None:
        import mlflow

        mlflow.set_tags({f"sakon.decision.{key}": str(value) for key, value in decision.items()})
        client, version = mlflow.MlflowClient(), str(decision.get("version") or "")
        if version:
            client.set_model_version_tag(self._problem, version, "sakon.decision", decision["reason"])
        if decision["promoted"]:
            client.set_registered_model_alias(self._problem, "champion", version)
