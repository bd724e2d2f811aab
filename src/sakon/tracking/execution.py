"""Executes what is to be recorded, with MLflow's client."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sakon import families
from sakon.tracking import operations as ops
from sakon.tracking.causes import Cause, cause_of
from sakon.tracking.names import flatten_parameters, mlflow_name, truncate
from sakon.tracking.versions import LoggedVersion

if TYPE_CHECKING:
    import mlflow
    from kedro.io import DataCatalog

MAX_BATCH = 100
"""Parameters that MLflow accepts in one call; ten times as many metrics."""
MAX_DELAY = 1000
"""Milliseconds between an operation and its execution, if it did not wait in the spool."""
KEY_TAG = "sakon.key"
FAILURE_TAG = "sakon.failure"
CHAMPION = "champion"


class OperationExecutor:
    """Executes operations; it finds runs and model versions by their names.

    Args:
        client: MLflow client of the store.
        experiment: Id of the problem's experiment.
        problem: Name of the problem and of its registered model.
        parameters: Typed parameters by key, as Kedro's context holds them.
        catalog: Has what a model is registered with; if left out, it is made of the files of an operation.
    """

    def __init__(
        self,
        client: mlflow.MlflowClient,
        experiment: str,
        problem: str,
        parameters: dict[str, Any],
        catalog: DataCatalog | None = None,
    ) -> None:
        self.client = client
        self.experiment = experiment
        self.problem = problem
        self.parameters = parameters
        self.catalog = catalog
        self.ids: dict[str, str] = {}
        self.versions: dict[str, LoggedVersion] = {}
        self._without_earlier: set[str] = set()

    def params_of(self, name: str) -> dict[str, str]:
        """Return the parameters of a run, flat: the family's, the problem's after `problem.`, Spark's likewise."""
        family, variant = families.split_variant(name)
        flat = flatten_parameters(self.parameters.get(family))
        flat |= flatten_parameters(self.parameters.get("problem"), "problem.")
        return flat | (flatten_parameters(self.parameters.get("distributed"), "distributed.") if variant else {})

    def id_of(self, name: str) -> str | None:
        """Return the id of a run: of this session, else of the family's registered version, else `None`."""
        if name not in self.ids and name not in self._without_earlier:
            self._find_registered(name)
        return self.ids.get(name)

    def version_of(self, name: str) -> LoggedVersion | None:
        """Return the version which the metrics of a run belong to, or `None`."""
        return self.versions.get(name)

    def forget(self, name: str) -> None:
        """Forget a run: another one takes its place, or it was deleted. No earlier run of that name replaces it."""
        self.ids.pop(name, None)
        self.versions.pop(name, None)
        self._without_earlier.add(name)

    def execute(self, operation: ops.Operation) -> None:
        """Execute an operation. One on a run that does not exist is left out.

        Raises:
            mlflow.exceptions.MlflowException: If MLflow cannot.
        """
        if isinstance(operation, ops.OpenRun):
            self._create_run(operation)
            return
        run_id = self.id_of(operation.run)
        if run_id is None:
            return
        match operation:
            case ops.LogMetrics():
                self._log_metrics(run_id, operation)
            case ops.SetTags():
                self._log_batches(run_id, {f"sakon.{key}": value for key, value in operation.tags.items()}, {})
            case ops.LogInput():
                self._log_input(run_id, operation)
            case ops.LogFigure():
                self.client.log_figure(run_id, operation.figure, operation.path)
            case ops.LogFile():
                self.client.log_artifact(run_id, operation.files["file"])
            case ops.RegisterModel():
                self._register(operation)
            case ops.DescribeVersion():
                if version := self.versions.get(operation.run):
                    self.client.update_model_version(self.problem, version.number, operation.description)
            case ops.RecordDecision():
                self._record_decision(operation)
            case ops.CloseRun():
                self._close(run_id, operation)

    def _create_run(self, operation: ops.OpenRun) -> None:
        filters = f"tags.`{KEY_TAG}` = '{operation.key}'"
        opened = self.client.search_runs([self.experiment], filters) if _is_late(operation) else []
        if opened:  # it was executed before, and the answer was lost
            run = opened[0]
        else:
            tags = {mlflow_name(key): truncate(value) for key, value in operation.tags.items()}
            run = self.client.create_run(
                self.experiment, operation.time, tags | {KEY_TAG: operation.key}, run_name=operation.title
            )
        self.ids[operation.run] = str(run.info.run_id)
        self.versions.pop(operation.run, None)
        self._log_batches(str(run.info.run_id), {}, operation.params)

    def _log_batches(self, run_id: str, tags: Mapping[str, str], params: Mapping[str, str]) -> None:
        from mlflow.entities import Param, RunTag

        run_tags = [RunTag(mlflow_name(key), truncate(value)) for key, value in tags.items()]
        run_params = [Param(mlflow_name(key), truncate(value)) for key, value in params.items()]
        for start in range(0, len(run_tags), MAX_BATCH):
            self.client.log_batch(run_id, tags=run_tags[start : start + MAX_BATCH])
        for start in range(0, len(run_params), MAX_BATCH):
            self.client.log_batch(run_id, params=run_params[start : start + MAX_BATCH])

    def _log_metrics(self, run_id: str, operation: ops.LogMetrics) -> None:
        """Add metrics to a run, and to its logged model if there is one that was not deleted."""
        from mlflow.entities import Metric

        version = self.versions.get(operation.run)
        model_id = version.model_id if version else None
        metrics = [
            Metric(mlflow_name(key), float(value), operation.time, step, model_id=model_id, run_id=run_id)
            for step, values in operation.steps
            for key, value in values.items()
        ]
        for start in range(0, len(metrics), MAX_BATCH * 10):
            self.client.log_batch(run_id, metrics=metrics[start : start + MAX_BATCH * 10])

    def _log_input(self, run_id: str, operation: ops.LogInput) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag

        tags = [InputTag("mlflow.data.context", operation.context)] if operation.context else []
        self.client.log_inputs(run_id, [DatasetInput(Dataset(**operation.dataset), tags)])

    def _register(self, operation: ops.RegisterModel) -> None:
        from sakon.tracking.registration import register_model

        catalog = self.catalog or catalog_of(operation.files)
        self.versions[operation.run] = register_model(operation.run, Path(operation.files["model"]), self, catalog)

    def _record_decision(self, operation: ops.RecordDecision) -> None:
        if operation.version is None:
            return
        self.client.set_model_version_tag(self.problem, operation.version, "sakon.decision", operation.reason)
        if not operation.promoted:
            return
        if _is_late(operation) and not self._is_current(operation):
            return
        self.client.set_registered_model_alias(self.problem, CHAMPION, operation.version)

    def _is_current(self, operation: ops.RecordDecision) -> bool:
        """Return whether the champion is still the one that a late decision compared with; warn if it is not."""
        current = self.client.get_registered_model(self.problem).aliases.get(CHAMPION)
        if (None if current is None else str(current)) in (operation.champion_version, operation.version):
            return True
        logging.getLogger("sakon").warning(
            "Version %s of '%s' does not become the champion: it was compared with version %s, and the champion is "
            "version %s now; compare again: `kedro run --env=%s --pipelines=evaluation`.",
            operation.version, self.problem, operation.champion_version, current, self.problem,
        )  # fmt: skip
        return False

    def _close(self, run_id: str, operation: ops.CloseRun) -> None:
        if operation.failure:
            self.client.set_tag(run_id, FAILURE_TAG, truncate(operation.failure))
        status = {"": "FINISHED", ops.INTERRUPTED: "KILLED"}.get(operation.failure, "FAILED")
        self.client.set_terminated(run_id, status, operation.time)

    def _find_registered(self, name: str) -> None:
        """Look up the run of a family's registered version."""
        try:
            version = self.client.get_model_version_by_alias(self.problem, name)
        except Exception as error:
            if cause_of(error) is Cause.RECORD_DELETED:  # no such alias, or no registered model
                return
            raise
        self.ids[name] = str(version.run_id)
        self.versions[name] = LoggedVersion(str(version.version), version.tags.get("sakon.model_id"))


def _is_late(operation: ops.Operation) -> bool:
    """Return whether an operation waited in the spool."""
    return ops.now() - operation.time > MAX_DELAY


def catalog_of(files: Mapping[str, str]) -> DataCatalog:
    """Return a catalog of the files that a model is registered with.

    Args:
        files: Paths of `schema`, `input_spec`, `preprocessor` and `train_records`.
    """
    from kedro.io import DataCatalog

    types: dict[str, dict[str, Any]] = {
        "schema": {"type": "sakon.datasets.TypedJSONDataset", "model": "sakon.problem.Schema"},
        "input_spec": {"type": "sakon.datasets.TypedJSONDataset", "model": "sakon.problem.InputSpec"},
        "preprocessor": {"type": "sakon.datasets.SkopsDataset"},
        "train_records": {"type": "sakon.datasets.ParquetDataset"},
    }
    return DataCatalog.from_config({name: entry | {"filepath": files[name]} for name, entry in types.items()})
