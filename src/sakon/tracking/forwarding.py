"""A hook of a worker that sends the main process what is to be recorded of the worker's nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl

from sakon.lazy import TrainedModel
from sakon.tracking.metadata import file_path, mlflow_metadata
from sakon.tracking.model_files import outputs_by_row
from sakon.workers.messages import DatasetLoaded, DatasetSaved, Event, NodeEnded, NodeStarted

if TYPE_CHECKING:
    from kedro.io import DataCatalog
    from kedro.pipeline.node import Node


@dataclass(frozen=True)
class ModelOutputs:
    """What is sent instead of a model: its outputs for the first examples of train, by the numbers of their rows."""

    by_row: dict[int, tuple[float, ...]]

    @classmethod
    def of(cls, model: TrainedModel, catalog: DataCatalog) -> ModelOutputs:
        """Return the outputs of a model; none if the catalog has no train examples."""
        return cls(outputs_by_row(model, file_path(catalog.get("train"))) if "train" in catalog else {})


class ForwardingHook:
    """Sends starts of nodes, and datasets that were loaded and saved.

    Args:
        send: Sends an event.
        record: Sends an event and waits until it is recorded.
    """

    def __init__(self, send: Callable[[Event], None], record: Callable[[Event], None]) -> None:
        self._send = send
        self._record = record

    @hook_impl
    def before_pipeline_run(self, catalog: DataCatalog) -> None:
        """Store the catalog."""
        self._catalog = catalog

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """Send the start of a node."""
        self._send(NodeStarted(node.name))

    @hook_impl
    def after_node_run(self, node: Node) -> None:
        """Send the end of a node."""
        self._send(NodeEnded(node.name))

    @hook_impl
    def on_node_error(self, error: Exception, node: Node) -> None:
        """Send the error of a node."""
        self._send(NodeEnded(node.name, f"{type(error).__name__}: {error}"))

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str, node: Node) -> None:
        """Send that a dataset was loaded."""
        self._send(DatasetLoaded(dataset_name, node.name))

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any, node: Node) -> None:
        """Send what is to be recorded of an output, and wait until it is recorded."""
        self._record(DatasetSaved(dataset_name, node.name, self._recorded_part(dataset_name, data)))

    def _recorded_part(self, dataset_name: str, data: Any) -> Any:
        metadata = mlflow_metadata(self._catalog.get(dataset_name))
        if metadata is None or metadata.log == "dataset":
            return None
        if metadata.log == "model":
            return ModelOutputs.of(data, self._catalog)
        return data
