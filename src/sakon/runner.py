"""A runner in which one broken family never costs the run of the others."""

from __future__ import annotations

import logging
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Any

from kedro.runner import SequentialRunner
from kedro.runner.task import Task

from sakon import families
from sakon.errors import SakonError, TrackingError
from sakon.problem import Failure

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node
    from pluggy import PluginManager

LOGGER = logging.getLogger("sakon")


class FamilyRunner(SequentialRunner):
    """Runs nodes one after another; an error in a family ends that family alone.

    The failure is saved as `<family>.failure` (`reason`, one sentence), which evaluation reads; it is
    emptied as soon as the family has been trained. What is not a family's, and MLflow's faults, end the run.
    """

    def __str__(self) -> str:
        """Return what kedro-viz knows a runner by that runs one node after another."""
        return f"<kedro.runner.sequential_runner.SequentialRunner object; {type(self).__name__}>"

    def _run(
        self,
        pipeline: Pipeline,
        catalog: CatalogProtocol[Any, Any],
        hook_manager: PluginManager | None = None,
        run_id: str | None = None,
    ) -> None:
        uses = Counter(chain.from_iterable(node.inputs for node in pipeline.nodes))
        failed: set[str] = set()
        for node in pipeline.nodes:
            family = _family_of(node)
            if family not in failed:
                try:
                    Task(node, catalog, self._is_async, hook_manager, run_id).execute()
                    if family is not None and f"{family}.training" in node.outputs:
                        _record(family, "", node, catalog, hook_manager)
                except TrackingError:
                    raise
                except Exception as error:
                    if family is None:
                        raise
                    failed.add(family)
                    _record(family, _sentence(node, error), node, catalog, hook_manager)
            self._release_datasets(node, catalog, uses, pipeline)


def _family_of(node: Node) -> str | None:
    """Return the family whose node this is, or `None`."""
    namespace = families.namespace_of(node)
    return namespace if namespace in families.names() else None


def _record(family: str, reason: str, node: Node, catalog: Any, hook_manager: Any) -> None:
    name = f"{family}.failure"
    if not reason and not catalog.exists(name):
        return
    failure = Failure(reason=reason)
    catalog.save(name, failure)
    hook_manager.hook.after_dataset_saved(dataset_name=name, data=failure, node=node)


def _sentence(node: Node, error: Exception) -> str:
    if isinstance(error, SakonError):
        return " ".join(error.messages)
    LOGGER.error("%s failed:", node.name, exc_info=error)
    return f"{node.name}: {type(error).__name__}: {' '.join(str(error).split())}"
