"""The order of a run: each family as a whole, all other nodes by themselves, and nothing before what it needs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from kedro.io import DatasetError

from sakon import families
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
        is_timed: Whether the run has a time budget. Then the baseline, which all are compared with, comes first, and
            then the families that were trained in the shortest time: what they do not use is left for the others.
    """

    def __init__(self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any], is_timed: bool = False) -> None:
        jobs = family_jobs(pipeline, catalog)
        self.seconds = {job.family: _earlier_seconds(job.family, catalog) for job in jobs}
        if is_timed:
            jobs.sort(key=lambda job: (not families.get(job.family).is_baseline, self.seconds[job.family]))
        self.jobs = {job.family: job for job in jobs}
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


def _earlier_seconds(family: str, catalog: CatalogProtocol[Any, Any]) -> float:
    """Return how long an earlier training took; infinity if there is none."""
    name = f"{family}.training"
    try:
        return float(catalog.load(name).train_seconds) if catalog.exists(name) else math.inf
    except DatasetError:  # the file is damaged, and will be replaced
        return math.inf
