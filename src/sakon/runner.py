"""The default runner: an error in a family ends that family only, an error in a figure costs only the figure."""

from __future__ import annotations

import logging
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Any

from kedro.runner import SequentialRunner
from kedro.runner.task import Task

from sakon import families
from sakon.errors import SakonError, TrackingError
from sakon.families.template import FIGURE
from sakon.lazy import go
from sakon.problem import Failure, FigureErrors, Result

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node
    from pluggy import PluginManager

LOGGER = logging.getLogger("sakon")
FIGURE_SUFFIX = "_figure"


class FamilyRunner(SequentialRunner):
    """Runs nodes one after another and contains their errors.

    - A node with the tag `figure`: the error is logged as a warning and saved in `<namespace>.figure_errors`, and a
      placeholder that shows the error is saved as the figure. Saving the figure later removes the entry.
    - Another node of a family: the family's remaining nodes are skipped, and the reason is saved as
      `<family>.failure`, which evaluation reads. Training the family later empties it.
    - Any other node, and errors of MLflow: the run ends.
    """

    def __str__(self) -> str:
        """Return the name by which kedro-viz recognizes a sequential runner."""
        return f"<kedro.runner.sequential_runner.SequentialRunner object; {type(self).__name__}>"

    def _run(
        self,
        pipeline: Pipeline,
        catalog: CatalogProtocol[Any, Any],
        hook_manager: PluginManager | None = None,
        run_id: str | None = None,
    ) -> None:
        load_counts = Counter(chain.from_iterable(node.inputs for node in pipeline.nodes))
        failed: set[str] = set()
        for node in pipeline.nodes:
            family = _family_of(node)
            if family not in failed:
                recorder = _ErrorRecorder(node, catalog, hook_manager)
                try:
                    Task(node, catalog, self._is_async, hook_manager, run_id).execute()
                    recorder.clear()
                except TrackingError:
                    raise
                except Exception as error:
                    if FIGURE in node.tags:
                        recorder.record_figure_error(error)
                    elif family is not None:
                        failed.add(family)
                        recorder.record_failure(family, error)
                    else:
                        raise
            self._release_datasets(node, catalog, load_counts, pipeline)


class _ErrorRecorder:
    """Saves the error of a node, or clears it after the node ran.

    Args:
        node: The node.
        catalog: Has `<family>.failure` and `<namespace>.figure_errors`.
        hook_manager: Its hooks receive what is saved.
    """

    def __init__(self, node: Node, catalog: CatalogProtocol[Any, Any], hook_manager: PluginManager | None) -> None:
        self._node = node
        self._catalog = catalog
        self._hook_manager = hook_manager
        self._figure_errors = f"{families.namespace_of(node)}.figure_errors"

    def record_figure_error(self, error: Exception) -> None:
        """Warn, save the reason, and save a placeholder for every figure of the node."""
        from sakon.figures.style import error_figure

        reason = _one_line(error)
        LOGGER.debug("%s failed:", self._node.name, exc_info=error)
        LOGGER.warning("Figure %s could not be drawn: %s", ", ".join(self._node.outputs), reason)
        errors = dict(self._load_figure_errors().errors)
        self._save(self._figure_errors, FigureErrors(errors=errors | dict.fromkeys(self._figure_names(), reason)))
        for output, name in zip(self._node.outputs, self._figure_names(), strict=True):
            self._save(output, error_figure(name.replace("_", " "), reason))

    def record_failure(self, family: str, error: Exception) -> None:
        """Save why a family failed; log the traceback if the error is unexpected."""
        reason = _one_line(error)
        if not isinstance(error, SakonError):
            LOGGER.error("%s failed:", self._node.name, exc_info=error)
            reason = f"{self._node.name}: {reason}"
        self._save(f"{family}.failure", Failure(reason=reason))

    def clear(self) -> None:
        """Remove errors of an earlier run that no longer hold: the node ran."""
        family = _family_of(self._node)
        failure = f"{family}.failure"
        if family is not None and f"{family}.training" in self._node.outputs and self._catalog.exists(failure):
            self._save(failure, Failure())
        if FIGURE in self._node.tags and (errors := self._load_figure_errors().errors):
            remaining = {name: reason for name, reason in errors.items() if name not in self._figure_names()}
            if remaining != errors:
                self._save(self._figure_errors, FigureErrors(errors=remaining))

    def _figure_names(self) -> list[str]:
        return [output.split(".")[-1].removesuffix(FIGURE_SUFFIX) for output in self._node.outputs]

    def _load_figure_errors(self) -> FigureErrors:
        if not self._catalog.exists(self._figure_errors):
            return FigureErrors()
        errors: FigureErrors = self._catalog.load(self._figure_errors)
        return errors

    def _save(self, name: str, data: Result | go.Figure) -> None:
        self._catalog.save(name, data)
        if self._hook_manager is not None:
            self._hook_manager.hook.after_dataset_saved(dataset_name=name, data=data, node=self._node)


def _family_of(node: Node) -> str | None:
    """Return the family of a node, or `None`."""
    namespace = families.namespace_of(node)
    return namespace if namespace in families.names() else None


def _one_line(error: Exception) -> str:
    if isinstance(error, SakonError):
        return " ".join(error.messages)
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
