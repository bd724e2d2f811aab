"""Execution of nodes: an error in a family ends that family only, an error in a figure costs only the figure."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from kedro.io import DatasetError
from kedro.runner import SequentialRunner
from kedro.runner.task import Task

from sakon import families
from sakon.datasets.events import events_in
from sakon.errors import SakonError, TrackingError, TrainingSkippedError, chain_of, sentences_of
from sakon.families.template import FIGURE
from sakon.lazy import go, keras, pd
from sakon.models.predictions import no_predictions
from sakon.problem import Failure, FigureErrors, Result, Scores
from sakon.training.memory_errors import FamilyMemoryError, is_memory_error, needed_bytes
from sakon.training.time_limit import TimeLimit, TimeLimitListener

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node
    from pluggy import PluginManager

LOGGER = logging.getLogger("sakon")
FIGURE_SUFFIX = "_figure"
EVALUATION = "evaluation."
SCORES_SUFFIX = "_scores"
ALL_DISTRIBUTED = "evaluation.distributed_scores"
EXPECTED = (SakonError, OSError)
"""Errors whose cause a user can remove: they are sentences, without a traceback."""


class NodeExecutor:
    """Executes nodes and contains their errors.

    - A node with the tag `figure`: the error is logged as a warning and saved in `<namespace>.figure_errors`, and a
      placeholder that shows the error is saved as the figure. Saving the figure later removes the entry.
    - Another node of a family: the family's remaining nodes are skipped, and the reason is saved as
      `<family>.failure`, which evaluation reads. Training the family later empties it.
    - The node that evaluates a family, also if the model cannot be read: the family has failed, which its row of the
      leaderboard says, and has no predictions.
    - Any other node, and errors of MLflow: the run ends.

    Args:
        pipeline: The pipeline of the run.
        catalog: Its catalog.
        hook_manager: The hooks of the run.
        run_id: Identifier of the run.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        catalog: CatalogProtocol[Any, Any],
        hook_manager: PluginManager | None,
        run_id: str | None,
    ) -> None:
        self._pipeline, self._catalog = pipeline, catalog
        self._hook_manager, self._run_id = hook_manager, run_id
        self._load_counts = Counter(chain.from_iterable(node.inputs for node in pipeline.nodes))
        self._failed: set[str] = set()

    def execute_family(self, nodes: Sequence[Node], limit: TimeLimit | None = None) -> None:
        """Execute the nodes of a family, with Keras as in a new process.

        Keras numbers layers through the whole process, and their names are stored: they would depend on which families
        were trained here before.

        Args:
            nodes: Its nodes, in order.
            limit: Its time; the family is skipped if it is used up. `None` if it may take as long as it takes.
        """
        if limit is not None and limit.is_used_up:
            self.skip_family(nodes, limit)
            return
        if "keras" in sys.modules:
            keras.utils.clear_session(free_memory=False)
        if limit is not None:
            listener = TimeLimitListener(limit)
            for events in events_in(self._catalog, {name for node in nodes for name in node.inputs}):
                events.subscribe(listener)
        for node in nodes:
            self.execute(node)

    def execute(self, node: Node) -> None:
        """Execute a node, unless its family has failed."""
        family = family_of_node(node)
        if family not in self._failed:
            recorder = _ErrorRecorder(node, self._catalog, self._hook_manager)
            try:
                Task(node, self._catalog, False, self._hook_manager, self._run_id).execute()
                recorder.clear()
            except TrackingError:
                raise
            except Exception as error:
                if FIGURE in node.tags:
                    recorder.record_figure_error(error)
                elif family is not None:
                    self._failed.add(family)
                    recorder.record_failure(family, error)
                elif not recorder.record_evaluation_failure(error):
                    raise
        SequentialRunner._release_datasets(node, self._catalog, self._load_counts, self._pipeline)

    def skip_family(self, nodes: Sequence[Node], limit: TimeLimit) -> None:
        """Save that no time is left for a family."""
        family, request = families.namespace_of(nodes[0]), limit.request_before_begin()
        self._failed.add(family)
        error = TrainingSkippedError(family, request.reason, request.shortest_minutes)
        self.record_failure(family, nodes[0], error)

    def record_failure(self, family: str, node: Node, error: Exception) -> None:
        """Save why a family failed outside this process."""
        _ErrorRecorder(node, self._catalog, self._hook_manager).record_failure(family, error)


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

        reason = failure_reason(error)
        LOGGER.debug("%s failed:", self._node.name, exc_info=error)
        LOGGER.warning("Figure %s could not be drawn: %s", ", ".join(self._node.outputs), reason)
        errors = dict(self._load_figure_errors().errors)
        self._save(self._figure_errors, FigureErrors(errors=errors | dict.fromkeys(self._figure_names(), reason)))
        for output, name in zip(self._node.outputs, self._figure_names(), strict=True):
            self._save(output, error_figure(name.replace("_", " "), reason))

    def record_failure(self, family: str, error: Exception) -> None:
        """Save why a family failed, or was skipped; log the traceback if the error is unexpected."""
        error = _as_sentence(family, error)
        self._save(f"{family}.failure", as_failure(error, self._reason(error)))

    def record_evaluation_failure(self, error: Exception) -> bool:
        """Save the failure of a family that cannot be evaluated; return whether the node evaluates one."""
        scores = next((name for name in self._node.outputs if is_evaluation(name)), None)
        if scores is None:
            return False
        self._save(scores.removesuffix(SCORES_SUFFIX) + "_predictions", no_predictions())
        self._save(scores, Scores(status="failed", note=self._reason(error)))
        return True

    def _reason(self, error: Exception) -> str:
        """Return the reason of an error, with the node if it is unexpected; then the traceback is logged."""
        reason = failure_reason(error)
        if any(isinstance(each, EXPECTED) for each in chain_of(error)):
            return reason
        LOGGER.error("%s failed:", self._node.name, exc_info=error)
        return f"{self._node.name}: {reason}"

    def clear(self) -> None:
        """Remove the errors of figures that no longer hold: the node ran."""
        if FIGURE in self._node.tags and (errors := self._load_figure_errors().errors):
            remaining = {name: reason for name, reason in errors.items() if name not in self._figure_names()}
            if remaining != errors:
                self._save(self._figure_errors, FigureErrors(errors=remaining))

    def _figure_names(self) -> list[str]:
        return [output.split(".")[-1].removesuffix(FIGURE_SUFFIX) for output in self._node.outputs]

    def _load_figure_errors(self) -> FigureErrors:
        if not self._catalog.exists(self._figure_errors):
            return FigureErrors()
        try:
            errors: FigureErrors = self._catalog.load(self._figure_errors)
        except DatasetError:  # the file is damaged: it is written anew
            return FigureErrors()
        return errors

    def _save(self, name: str, data: Result | go.Figure | pd.DataFrame) -> None:
        self._catalog.save(name, data)
        if self._hook_manager is not None:
            self._hook_manager.hook.after_dataset_saved(dataset_name=name, data=data, node=self._node)


def is_evaluation(dataset: str) -> bool:
    """Return whether a dataset contains the scores of a family, or of the naive baseline."""
    return dataset.startswith(EVALUATION) and dataset.endswith(SCORES_SUFFIX) and dataset != ALL_DISTRIBUTED


def _as_sentence(family: str, error: Exception) -> Exception:
    """Return the error of a family; one of a device without memory as a sentence."""
    if not is_memory_error(error) or any(isinstance(each, SakonError) for each in chain_of(error)):
        return error
    LOGGER.debug("%s:", family, exc_info=error)
    has_batches = "batch_size" in families.get(family).config.model_fields
    remedies = [f"lower {family}.batch_size"] if has_batches else []
    return FamilyMemoryError(family, needed_bytes(error), [*remedies, "lower run.workers", "use fewer rows"])


def as_failure(error: Exception, reason: str) -> Failure:
    """Return what is stored of an error that ended a family: whether it was skipped, and the reason."""
    skipped = next((each for each in chain_of(error) if isinstance(each, TrainingSkippedError)), None)
    if skipped is None:
        return Failure(reason=reason)
    return Failure(reason=reason, is_skipped=True, shortest_minutes=skipped.shortest_minutes)


def failure_reason(error: Exception) -> str:
    """Return an error in one line: its sentences, or its type and text if it is unexpected."""
    if any(isinstance(each, EXPECTED) for each in chain_of(error)):
        return " ".join(sentences_of(error))
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def family_of_node(node: Node) -> str | None:
    """Return the family of a node, or `None`."""
    namespace = families.namespace_of(node)
    return namespace if namespace in families.names() else None
