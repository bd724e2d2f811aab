"""A hook that removes the checkpoints of a training when all that is made of it is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedro.framework.hooks import hook_impl

from sakon.datasets.checkpoints import CheckpointsDataset
from sakon.families import namespace_of

if TYPE_CHECKING:
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node

    from sakon.training.checkpoints import Checkpoints


class CheckpointsHook:
    """Clears checkpoints when the training node and all that follow it in its namespace have saved their outputs.

    Until then, a rerun resumes from the last epoch: a disk that is full or a server that is down costs no training.
    """

    def __init__(self) -> None:
        self._unsaved: dict[str, set[str]] = {}
        self._checkpoints: dict[str, Checkpoints] = {}

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Find the outputs that are made of each training."""
        self._unsaved, self._checkpoints = {}, {}
        for name in sorted(pipeline.inputs()):
            if isinstance(dataset := catalog.get(name), CheckpointsDataset):
                nodes = pipeline.only_nodes_with_inputs(name).nodes
                namespaces = {namespace_of(node) for node in nodes}
                following = (node for node in pipeline.from_inputs(name).nodes if namespace_of(node) in namespaces)
                self._unsaved[name] = {output for node in following for output in node.outputs}
                self._checkpoints[name] = dataset.checkpoints

    @hook_impl(trylast=True)
    def after_dataset_saved(self, dataset_name: str, node: Node) -> None:
        """Clear the checkpoints of a training whose last output is saved, and recorded: other hooks come first."""
        for name, outputs in list(self._unsaved.items()):
            outputs.discard(dataset_name)
            if not outputs:
                del self._unsaved[name]
                self._checkpoints[name].clear()
