"""Hooks of Kedro's plugins, such as kedro-viz, which follow a whole run: they act in the main process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kedro.framework.project import settings

from sakon.workers.listener import WorkerListener

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline.node import Node
    from pluggy import PluginManager


def hooks_of_session(hook_manager: PluginManager) -> list[object]:
    """Return the hooks that were registered with a session by hand: neither by the settings nor by a plugin."""
    installed = [plugin for plugin, _ in hook_manager.list_plugin_distinfo()]
    return [plugin for plugin in hook_manager.get_plugins() if plugin not in settings.HOOKS and plugin not in installed]


class PluginListener(WorkerListener):
    """Calls the hooks of plugins for the nodes of workers.

    The inputs and outputs of these nodes are in other processes: a plugin receives what is recorded of them, or `None`.

    Args:
        hook_manager: The hooks of the run.
        catalog: Its catalog.
        run_id: Identifier of the run.
    """

    def __init__(
        self, hook_manager: PluginManager, catalog: CatalogProtocol[Any, Any], run_id: str | None = None
    ) -> None:
        self._hook_manager = hook_manager
        self._node_arguments = {"catalog": catalog, "inputs": {}, "is_async": False, "run_id": run_id}

    def on_node_started(self, node: Node) -> None:
        """Call `before_node_run`."""
        self._call("before_node_run", node=node, **self._node_arguments)

    def on_node_ended(self, node: Node, error: str) -> None:
        """Call `after_node_run` or `on_node_error`."""
        if error:
            self._call("on_node_error", node=node, error=RuntimeError(error), **self._node_arguments)
        else:
            self._call("after_node_run", node=node, outputs={}, **self._node_arguments)

    def on_dataset_loaded(self, dataset_name: str, node: Node) -> None:
        """Call the hooks around loading."""
        self._call("before_dataset_loaded", dataset_name=dataset_name, node=node)
        self._call("after_dataset_loaded", dataset_name=dataset_name, data=None, node=node)

    def on_dataset_saved(self, dataset_name: str, data: Any, node: Node) -> None:
        """Call the hooks around saving."""
        self._call("before_dataset_saved", dataset_name=dataset_name, data=data, node=node)
        self._call("after_dataset_saved", dataset_name=dataset_name, data=data, node=node)

    def _call(self, name: str, **arguments: Any) -> None:
        self._hook_manager.subset_hook_caller(name, settings.HOOKS)(**arguments)
