"""What becomes of each node's data in MLflow, during one Kedro run."""

from __future__ import annotations

import json
import time
import warnings
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sakon import families
from sakon.datasets.by_family import FAMILY_WILDCARD, ByFamilyDataset
from sakon.problem import Decision, Examples, Result
from sakon.tracking.declaration import Tracked, declared, path_of
from sakon.tracking.registration import register_model
from sakon.tracking.runs import Runs

if TYPE_CHECKING:
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node

SHARED = (
    "evaluation",
    "scoring",
    "distributed_scoring",
)  # runs that are no family's: what is said of families, and of new records
TRAINED_ON_SPARK = "distributed_training"
SECONDS_BETWEEN_EPOCHS = 1.0


class Recorder:
    """Opens runs, carries to them what the catalog declares, and closes them.

    A run is opened at the first node of its namespace and closed when the last output of its nodes is
    saved. Where no model is made (figures are drawn anew), they go to the family's last run if it has one.

    Args:
        runs: The runs of this Kedro run.
        pipeline: What is run.
        catalog: Where data are declared.
    """

    def __init__(self, runs: Runs, pipeline: Pipeline, catalog: Any) -> None:
        self.runs = runs
        self._catalog = catalog
        self._read: set[tuple[str, str]] = set()
        self._inputs: dict[str, Any] = {}
        self._aside: defaultdict[str, list[Any]] = defaultdict(list)
        self._epochs: list[tuple[int, dict[str, float]]] = []
        self._sent = 0.0
        self._sent_epochs: defaultdict[str, set[int]] = defaultdict(set)
        self._current: str | None = None
        self._due: defaultdict[str, set[str]] = defaultdict(set)
        for node in pipeline.nodes:
            if (name := self._run_of(node)) is not None:
                self._due[name].update(node.outputs)
        self._opened = {name for name, outputs in self._due.items() if name in SHARED or self._makes_model(outputs)}

    def enter(self, node: Node) -> None:
        """Open the run of a node's namespace, or go on with it."""
        self._send_epochs()
        self._current = self._run_of(node)
        if self._current is not None and self._opens(self._current):
            self.runs.enter(self._current)
            for dataset in self._aside.pop(self._current, []):
                self._log_file(self._current, dataset)

    def read(self, dataset_name: str, data: Any, node: Node) -> None:
        """Record data that a run reads: name, source, digest, and what for; once per run."""
        tracked, name = self._declared(dataset_name), self._run_of(node)
        if tracked is None or tracked.log != "dataset" or name is None or (name, dataset_name) in self._read:
            return
        if not self._opens(name):
            return
        self.enter(node)
        self._read.add((name, dataset_name))
        if dataset_name not in self._inputs:
            self._inputs[dataset_name] = self._as_input(dataset_name, data, tracked)
        self.runs.client.log_inputs(self.runs.id_of(name), [self._inputs[dataset_name]])

    def saved(self, dataset_name: str, data: Any, node: Node) -> None:
        """Record what the catalog declares for a dataset; close the run if this was its last output."""
        tracked, dataset = self._declared(dataset_name), self._catalog.get(dataset_name)
        if tracked is not None and tracked.log != "dataset":
            run = tracked.run or self._run_named(dataset_name.split(".")[0])
            if isinstance(dataset, ByFamilyDataset):
                for family, value in data.items():
                    self._record(
                        dataset_name, dataset.dataset_for(family), value, tracked, run.replace(FAMILY_WILDCARD, family)
                    )
            else:
                self._record(dataset_name, dataset, data, tracked, run)
        owner = self._run_of(node)
        if owner is None:
            return
        self._due[owner].discard(dataset_name)
        if not self._due[owner] and self.runs.is_open(owner):
            self._send_epochs()
            self.runs.close(owner)

    def epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """Record an epoch of the node that runs, once a second at most: a call costs more than an epoch may."""
        if not metrics or self._current in (None, *SHARED):
            return
        self._epochs.append((epoch, dict(metrics)))
        if time.monotonic() - self._sent > SECONDS_BETWEEN_EPOCHS:
            self._send_epochs()

    def close(self, failure: str = "") -> None:
        """Close all runs that are open."""
        self._send_epochs()
        self.runs.close_all(failure)

    def _record(self, dataset_name: str, dataset: Any, data: Any, tracked: Tracked, run: str) -> None:
        match tracked.log:
            case "model":
                self.runs.enter(run)
                self.runs.keep_model(run, register_model(run, path_of(dataset), self.runs, self._catalog))
            case "metrics" if isinstance(data, Result):
                self.runs.log_metrics(run, data.metrics())
                self.runs.set_tags(run, data.tags())
            case "metrics":
                self.runs.log_metrics(run, data)
                self.runs.set_tags(run, {key: value for key, value in data.items() if isinstance(value, str) and value})
            case "figure" if (run_id := self.runs.id_of(run)) is not None:
                name = dataset_name.split(".")[-1].removesuffix("_figure")
                self.runs.client.log_figure(run_id, data, f"figures/{name}.html")
            case "artifact":
                self._log_file(run, dataset)
                self._fill_curves(run, data)
            case "failure" if data.reason and self.runs.is_open(run):
                self._send_epochs()
                self._due[run].clear()
                self.runs.close(run, data.reason)
            case "decision":
                self._decide(data, run)

    def _log_file(self, run: str, dataset: Any) -> None:
        if run in self._opened and not self.runs.is_open(run) and self._due[run]:
            self._aside[run].append(dataset)  # its run is yet to be opened
        elif (run_id := self.runs.id_of(run)) is not None:
            self.runs.client.log_artifact(run_id, str(path_of(dataset)))

    def _fill_curves(self, run: str, table: Any) -> None:
        """Add the epochs that an earlier process trained: a training that goes on tells only of its own."""
        if "epoch" not in getattr(table, "columns", ()) or not self.runs.is_open(run) or not table["epoch"].is_unique:
            return
        self._send_epochs()
        rows = [row for row in table.to_dict("records") if row["epoch"] not in self._sent_epochs[run]]
        self.runs.log_points(run, [(int(row.pop("epoch")), row) for row in rows])

    def _decide(self, decision: Decision, run: str) -> None:
        self.runs.set_tags(run, decision.tags())
        version = decision.version
        if version:
            self.runs.client.set_model_version_tag(self.runs.problem, version, "sakon.decision", decision.reason)
        if version and decision.promoted:
            self.runs.client.set_registered_model_alias(self.runs.problem, "champion", version)

    def _send_epochs(self) -> None:
        if self._epochs and self._current is not None and self.runs.is_open(self._current):
            self.runs.log_points(self._current, self._epochs)
            self._sent_epochs[self._current].update(epoch for epoch, _ in self._epochs)
            self._sent = time.monotonic()
        self._epochs = []

    def _as_input(self, dataset_name: str, data: Any, tracked: Tracked) -> Any:
        import mlflow
        from mlflow.entities import Dataset, DatasetInput, InputTag

        source, name = str(path_of(self._catalog.get(dataset_name))), f"{self.runs.problem}.{dataset_name}"
        if isinstance(data, Examples):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that a path may be read in more than one way
                facts = mlflow.data.from_numpy(data.x, source=source, targets=data.y, name=name).to_dict()
        else:  # files that workers read
            facts = {"name": name, "digest": data.digest, "source_type": "local", "source": json.dumps({"uri": source})}
            facts |= {"profile": json.dumps({"rows": len(data), "files": len(data.paths)})}
        tags = [InputTag("mlflow.data.context", tracked.context)] if tracked.context else []
        return DatasetInput(Dataset(**{key: facts[key] for key in facts if key != "tags"}), tags)

    def _opens(self, name: str) -> bool:
        if name not in self._opened and self.runs.id_of(name) is None:
            self._opened.add(name)
        return name in self._opened

    def _declared(self, dataset_name: str) -> Tracked | None:
        return declared(self._catalog.get(dataset_name))

    def _run_of(self, node: Node) -> str | None:
        """Return the run that a node belongs to: its family's, the evaluation's or a scoring's, if it is of one."""
        name = self._run_named(families.namespace_of(node))
        return name if name in SHARED or families.split_variant(name)[0] in families.names() else None

    def _run_named(self, namespace: str) -> str:
        """Return the run of a namespace: of `distributed_training` that of the family which Spark trains."""
        return families.spark_variant(self.runs.distributed_family) if namespace == TRAINED_ON_SPARK else namespace

    def _makes_model(self, outputs: set[str]) -> bool:
        return any((tracked := self._declared(name)) and tracked.log == "model" for name in outputs)
