"""Hooks of plugins are called in the main process for the nodes of workers."""

from __future__ import annotations

from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.framework.hooks.manager import _create_hook_manager, _register_hooks
from kedro.framework.project import settings
from kedro.io import DataCatalog
from kedro.pipeline import Node
from sessions import configure

from sakon.workers import PluginListener
from sakon.workers.plugins import hooks_of_session


class CallRecorder:
    """A hook that notes its calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        self.calls.append(("start", node.name))

    @hook_impl
    def after_node_run(self, node: Node) -> None:
        self.calls.append(("end", node.name))

    @hook_impl
    def on_node_error(self, error: Exception, node: Node) -> None:
        self.calls.append((str(error), node.name))

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        self.calls.append((dataset_name, data))


def test_plugins_follow_the_nodes_of_workers() -> None:
    configure()
    plugin, manager = CallRecorder(), _create_hook_manager()
    _register_hooks(manager, (*settings.HOOKS, plugin))
    listener, node = PluginListener(manager, DataCatalog({})), Node(len, "a", "b", name="count")
    listener.on_node_started(node)
    listener.on_dataset_loaded("a", node)
    listener.on_node_ended(node, "")
    listener.on_dataset_saved("b", 3, node)
    listener.on_node_ended(node, "TypeError: no length")
    assert plugin.calls == [("start", "count"), ("end", "count"), ("b", 3), ("TypeError: no length", "count")]
    assert hooks_of_session(manager) == [plugin]
