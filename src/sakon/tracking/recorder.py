"""Records the data of a Kedro run in MLflow, as its catalog declares."""

from __future__ import annotations

import json
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Mapping
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sakon import families
from sakon.datasets.by_family import FAMILY_WILDCARD, ByFamilyDataset
from sakon.errors import ModelError
from sakon.lazy import TrainedModel, pd
from sakon.metrics import problem_metric
from sakon.problem import Decision, Examples, Result, Scores
from sakon.tracking import operations as ops
from sakon.tracking.forwarding import ModelOutputs
from sakon.tracking.metadata import MlflowMetadata, file_path, mlflow_metadata
from sakon.tracking.model_card import describe_version
from sakon.tracking.names import file_name
from sakon.tracking.runs import MlflowRuns
from sakon.training.events import TrainingId

if TYPE_CHECKING:
    from kedro.io import AbstractDataset, DataCatalog
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node

PIPELINE_RUNS = ("evaluation", "scoring", "distributed_scoring")
"""Pipelines that have a run of their own; all other runs are of families and variants."""
DISTRIBUTED_TRAINING = "distributed_training"
SECONDS_BETWEEN_EPOCHS = 1.0
"""Minimum time between two calls that log epochs: a call may take longer than an epoch."""
MAX_SHARE_OF_TIME = 0.05
"""Share of a training's time that logging its epochs takes at most, however slow the server is."""
MODEL_FILES = ("schema", "input_spec", "preprocessor", "train_records")
"""Datasets whose files a model is registered with."""

Epochs = list[tuple[int, Mapping[str, float]]]


class RunRecorder:
    """Opens runs, logs what the catalog declares, and closes them.

    A run is opened by the first node of its namespace and closed when the last output of its nodes is saved. If none of
    these nodes makes a model (figures are drawn again), the family's last run receives the data, if there is one.

    Args:
        runs: MLflow runs of this Kedro run.
        pipeline: Pipeline that is run.
        catalog: Catalog of the run.
    """

    def __init__(self, runs: MlflowRuns, pipeline: Pipeline, catalog: DataCatalog) -> None:
        self.runs = runs
        self._catalog = catalog
        self._logged_inputs: set[tuple[str, str]] = set()
        self._inputs: dict[str, dict[str, str | None]] = {}
        self._waiting_files: defaultdict[str, list[Path]] = defaultdict(list)
        self._waiting_epochs: defaultdict[str, Epochs] = defaultdict(list)
        self._logged_epochs: defaultdict[str, set[int]] = defaultdict(set)
        self._next_epochs_at = 0.0
        self._unsaved: defaultdict[str, set[str]] = defaultdict(set)
        for node in pipeline.nodes:
            if (name := self._run_of(node)) is not None:
                self._unsaved[name].update(node.outputs)
        self._new_runs = {
            name for name, outputs in self._unsaved.items() if name in PIPELINE_RUNS or self._makes_model(outputs)
        }

    def before_node(self, node: Node) -> None:
        """Open the run of a node's namespace if it is not open."""
        self._log_epochs()
        name = self._run_of(node)
        if name is not None and self._has_new_run(name):
            self.runs.enter(name)
            for path in self._waiting_files.pop(name, []):
                self._log_file(name, path)

    def before_worker_node(self, node: Node) -> None:
        """Open the run of a node that a worker runs, if it is not open."""
        if (name := self._run_of(node)) is not None:
            self.runs.note_worker(name)
        self.before_node(node)

    def after_load(self, dataset_name: str, load: Callable[[], Any], node: Node) -> None:
        """Record a dataset that a run reads: name, source, digest and use; once per run.

        Args:
            dataset_name: Name of the dataset.
            load: Returns its data; it is called once per dataset.
            node: The node that reads it.
        """
        metadata, name = self._metadata(dataset_name), self._run_of(node)
        if metadata is None or metadata.log != "dataset" or name is None or (name, dataset_name) in self._logged_inputs:
            return
        if not self._has_new_run(name):
            return
        self.before_node(node)
        self._logged_inputs.add((name, dataset_name))
        if dataset_name not in self._inputs:
            self._inputs[dataset_name] = self._dataset_input(dataset_name, load())
        self.runs.perform(ops.LogInput(run=name, dataset=self._inputs[dataset_name], context=metadata.context or ""))

    def after_save(self, dataset_name: str, data: Any, node: Node) -> None:
        """Record a dataset as the catalog declares; close the run if this was its last output."""
        metadata, dataset = self._metadata(dataset_name), self._catalog.get(dataset_name)
        if metadata is not None and metadata.log != "dataset" and dataset is not None:
            run = metadata.run or self._run_named(dataset_name.split(".")[0])
            if isinstance(dataset, ByFamilyDataset):
                for family, value in data.items():
                    one_run = run.replace(FAMILY_WILDCARD, family)
                    self._record(dataset_name, dataset.dataset_for(family), value, metadata, one_run)
            else:
                self._record(dataset_name, dataset, data, metadata, run)
        own_run = self._run_of(node)
        if own_run is None:
            return
        self._unsaved[own_run].discard(dataset_name)
        if not self._unsaved[own_run] and self.runs.is_open(own_run):
            self._log_epochs()
            self.runs.close(own_run)

    def after_epoch(self, training: TrainingId, epoch: int, metrics: Mapping[str, float]) -> None:
        """Record an epoch of a training in the run of its family and variant."""
        name = families.variant_identifier(training.family, training.variant)
        if metrics and name in self._new_runs:
            self._waiting_epochs[name].append((epoch, dict(metrics)))
        if time.monotonic() > self._next_epochs_at:
            self._log_epochs()

    def close(self, failure: str = "") -> None:
        """Close all open runs."""
        self._log_epochs()
        self.runs.close_all(failure)

    def _record(
        self, dataset_name: str, dataset: AbstractDataset[Any, Any], data: Any, metadata: MlflowMetadata, run: str
    ) -> None:
        match metadata.log:
            case "model":
                self._register(run, file_path(dataset), data)
            case "metrics" if isinstance(data, Result):
                self.runs.log_metrics(run, data.metrics())
                self.runs.set_tags(run, data.tags())
                if isinstance(data, Scores) and data.status == "trained":
                    self._describe_version(run, data)
            case "metrics":
                self.runs.log_metrics(run, _numbers(dataset_name, data))
            case "figure":
                name = file_name(dataset_name.split(".")[-1].removesuffix("_figure"))
                self.runs.perform(ops.LogFigure(run=run, path=f"figures/{name}.html", figure=data))
            case "artifact":
                self._log_file(run, file_path(dataset))
                if isinstance(data, pd.DataFrame):
                    self._complete_curves(run, data)
            case "failure" if data.reason and self.runs.is_open(run):
                self._log_epochs()
                self._unsaved[run].clear()
                self.runs.set_tags(run, data.tags())
                self.runs.close(run, "" if data.is_skipped else data.reason)
            case "decision":
                self._promote(data, run)

    def _log_file(self, run: str, path: Path) -> None:
        if run in self._new_runs and not self.runs.is_open(run) and self._unsaved[run]:
            self._waiting_files[run].append(path)  # its run is opened later
        else:
            self.runs.perform(ops.LogFile(run=run, files={"file": str(path)}))

    def _complete_curves(self, run: str, table: pd.DataFrame) -> None:
        """Add the epochs of an earlier process: a resumed training sends events of its own epochs only."""
        if "epoch" not in table.columns or not self.runs.is_open(run) or not table["epoch"].is_unique:
            return
        self._log_epochs()
        rows: list[dict[Any, Any]] = table.to_dict("records")
        rows = [row for row in rows if row["epoch"] not in self._logged_epochs[run]]
        self.runs.log_steps(run, [(int(row["epoch"]), _numbers_in(row, exclude="epoch")) for row in rows])

    def _describe_version(self, run: str, scores: Scores) -> None:
        """Add the scores to the description of the run's version."""
        metric = problem_metric(self._catalog.load("input_spec"), self.runs.parameters["problem"]).name
        description = describe_version(run, self.runs.params_of(run), metric, scores)
        self.runs.perform(ops.DescribeVersion(run=run, description=description))

    def _promote(self, decision: Decision, run: str) -> None:
        """Record a decision; move the alias `champion` if a version was promoted."""
        self.runs.set_tags(run, decision.tags())
        fields = {name: getattr(decision, name) for name in ("version", "promoted", "reason", "champion_version")}
        self.runs.perform(ops.RecordDecision(run=run, **fields))

    def _register(self, run: str, path: Path, model: TrainedModel | ModelOutputs) -> None:
        """Register the model of a run.

        Raises:
            ModelError: If its file cannot be read; that is the failure of its family alone.
        """
        self.runs.enter(run)
        try:
            with path.open("rb") as file:
                file.read(1)
        except OSError as error:
            reason = error.strerror or str(error)
            raise ModelError(f"{path}: expected the saved model, found no readable file ({reason}).") from error
        files = {name: str(file_path(self._catalog.get(name))) for name in MODEL_FILES}
        outputs = model if isinstance(model, ModelOutputs) else ModelOutputs.of(model, self._catalog)
        self.runs.perform(ops.RegisterModel(run=run, files=files | {"model": str(path)}, outputs=outputs.by_row))

    def _log_epochs(self) -> None:
        """Log the epochs that wait, each in the run of its training, if that is open."""
        start = time.monotonic()
        for name in [name for name in self._waiting_epochs if self.runs.is_open(name)]:
            epochs = self._waiting_epochs.pop(name)
            self.runs.log_steps(name, epochs)
            self._logged_epochs[name].update(epoch for epoch, _ in epochs)
            end = time.monotonic()
            self._next_epochs_at = end + max(SECONDS_BETWEEN_EPOCHS, (end - start) / MAX_SHARE_OF_TIME)

    def _dataset_input(self, dataset_name: str, data: Any) -> dict[str, str | None]:
        """Return the description of a dataset: arrays, or files that workers read."""
        import mlflow

        source, name = str(file_path(self._catalog.get(dataset_name))), f"{self.runs.problem}.{dataset_name}"
        if isinstance(data, Examples):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # MLflow warns that several sources can read a path
                fields = mlflow.data.from_numpy(data.x, source=source, targets=data.y, name=name).to_dict()
        else:
            profile = json.dumps({"rows": len(data), "files": len(data.paths)})
            fields = {"name": name, "digest": data.digest, "source_type": "local", "profile": profile}
            fields["source"] = json.dumps({"uri": source})
        return {key: value for key, value in fields.items() if key != "tags"}

    def _has_new_run(self, name: str) -> bool:
        """Return whether this Kedro run has a new MLflow run of that name: also if there is no earlier one."""
        if name not in self._new_runs and not self.runs.has_run(name):
            self._new_runs.add(name)
        return name in self._new_runs

    def _metadata(self, dataset_name: str) -> MlflowMetadata | None:
        return mlflow_metadata(self._catalog.get(dataset_name))

    def _run_of(self, node: Node) -> str | None:
        """Return the name of the run of a node: a family, a variant or a pipeline; `None` for other namespaces."""
        name = self._run_named(families.namespace_of(node))
        return name if name in PIPELINE_RUNS or families.split_variant(name)[0] in families.names() else None

    def _run_named(self, namespace: str) -> str:
        """Return the name of the run of a namespace: for `distributed_training` the variant that Spark trains."""
        if namespace == DISTRIBUTED_TRAINING:
            return families.spark_variant(self.runs.distributed_family)
        return namespace

    def _makes_model(self, outputs: set[str]) -> bool:
        return any((metadata := self._metadata(name)) and metadata.log == "model" for name in outputs)


def _numbers(dataset_name: str, values: Mapping[str, Any]) -> dict[str, float]:
    """Return the values of a dict that is logged as metrics.

    Raises:
        TypeError: If one of them is no number.
    """
    numbers = _numbers_in(values)
    if others := sorted(values.keys() - numbers.keys()):
        raise TypeError(
            f"Dataset {dataset_name}: expected numbers only, as the catalog logs them as metrics, found "
            f"{', '.join(f'{key}={values[key]!r}' for key in others)}; return a Result of sakon.problem, whose tags() "
            f"are texts."
        )
    return numbers


def _numbers_in(values: Mapping[str, Any], exclude: str = "") -> dict[str, float]:
    return {
        key: float(value)
        for key, value in values.items()
        if isinstance(value, Real) and not isinstance(value, bool) and key != exclude
    }
