"""Hooks and processes: which hooks act in the main process only, and what these learn about the nodes of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedro.pipeline.node import Node


class MainProcessHook:
    """A hook that acts in the main process only, because it checks, prints or records for the whole run.

    All other hooks of the settings also act in the process of a family, on its catalog and nodes. There they receive
    the calls about context, catalog, nodes and datasets, and `before_pipeline_run` with the family's nodes.
    """


class WorkerListener:
    """A hook of the main process that receives what the nodes of other processes do. It overrides what it needs."""

    def on_node_started(self, node: Node) -> None:
        """Receive the start of a node."""

    def on_node_ended(self, node: Node, error: str) -> None:
        """Receive the end of a node, and its error, if there was one."""

    def on_dataset_loaded(self, dataset_name: str, node: Node) -> None:
        """Receive that a node has loaded a dataset."""

    def on_dataset_saved(self, dataset_name: str, data: Any, node: Node) -> None:
        """Receive that an output of a node was saved; the node waits until this returns.

        Args:
            dataset_name: Name of the dataset.
            data: What the process sent of the data: `None` if the catalog declares no record of them.
            node: The node.
        """
