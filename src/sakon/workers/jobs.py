"""Which nodes of a pipeline the processes of families run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kedro.io import MemoryDataset

from sakon import families

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node


@dataclass(frozen=True)
class FamilyJob:
    """The nodes of a family, which one process runs.

    Attributes:
        family: Name of the family.
        nodes: Its nodes, in the order of the pipeline.
        needs: Nodes that must have run before.
    """

    family: str
    nodes: tuple[Node, ...]
    needs: frozenset[Node]


def family_jobs(pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> list[FamilyJob]:
    """Return the families of a pipeline that can be trained in other processes.

    A family is left out if a node outside it lies between two of its nodes, or if it shares data in memory with others.
    """
    dependencies = pipeline.node_dependencies
    jobs = []
    for family in families.names():
        nodes = tuple(node for node in pipeline.nodes if families.namespace_of(node) == family)
        needs = _ancestors(nodes, dependencies) - set(nodes)
        is_connected = all(not _ancestors([node], dependencies) & set(nodes) for node in needs)
        if nodes and is_connected and not _shares_memory(nodes, pipeline, catalog):
            jobs.append(FamilyJob(family, nodes, frozenset(needs)))
    return jobs


def _ancestors(nodes: tuple[Node, ...] | list[Node], dependencies: dict[Node, set[Node]]) -> set[Node]:
    """Return all nodes that must run before some nodes."""
    ancestors: set[Node] = set()
    pending = [other for node in nodes for other in dependencies[node]]
    while pending:
        node = pending.pop()
        if node not in ancestors:
            ancestors.add(node)
            pending += dependencies[node]
    return ancestors


def _shares_memory(nodes: tuple[Node, ...], pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> bool:
    """Return whether data that nodes share with others are in memory; parameters do not count."""
    outputs = {name for node in nodes for name in node.outputs}
    inputs = {name for node in nodes for name in node.inputs} - outputs
    others = {name for node in pipeline.nodes if node not in nodes for name in node.inputs}
    shared = {name for name in inputs if name != "parameters" and not name.startswith("params:")} | (outputs & others)
    return any(isinstance(catalog.get(name), MemoryDataset | None) for name in shared)
