"""The order of a run: each family as a whole, all other nodes by themselves, and nothing before what it needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sakon.workers import FamilyJob, family_jobs

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node


class Schedule:
    """Says what can be run next.

    Args:
        pipeline: The pipeline.
        catalog: Its catalog.
    """

    def __init__(self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> None:
        self.jobs = {job.family: job for job in family_jobs(pipeline, catalog)}
        self._waiting = list(self.jobs.values())
        of_families = {node for job in self._waiting for node in job.nodes}
        self._nodes = [node for node in pipeline.nodes if node not in of_families]
        self._dependencies = pipeline.node_dependencies
        self._done: set[Node] = set()

    def take_jobs(self) -> list[FamilyJob]:
        """Return the families whose inputs exist; each is returned once."""
        ready = [job for job in self._waiting if job.needs <= self._done]
        self._waiting = [job for job in self._waiting if job not in ready]
        return ready

    def take_node(self) -> Node | None:
        """Return the next node outside families whose inputs exist; each is returned once."""
        ready = next((node for node in self._nodes if self._dependencies[node] <= self._done), None)
        if ready is not None:
            self._nodes.remove(ready)
        return ready

    def finish(self, nodes: Iterable[Node]) -> None:
        """Note that nodes have run, or that their family has failed."""
        self._done.update(nodes)
