"""A hook that keeps the record of failed families, and reports them at the end of a run, also by the exit code.

A family that was skipped for lack of time is no failure, unless the time was too short for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kedro.framework.hooks import hook_impl
from kedro.io import DatasetError

from sakon import families
from sakon.errors import FamiliesFailedError, TimeBudgetError, TrackingError
from sakon.families.template import FIGURE
from sakon.node_execution import ALL_DISTRIBUTED, as_failure, failure_reason, family_of_node
from sakon.problem import Failure

if TYPE_CHECKING:
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline
    from kedro.pipeline.node import Node


class FailuresHook:
    """Records failures under any runner, and raises an error at the end of a run in which families failed."""

    @hook_impl
    def before_pipeline_run(self, catalog: DataCatalog) -> None:
        """Store the catalog."""
        self._catalog = catalog

    @hook_impl
    def after_dataset_saved(self, dataset_name: str) -> None:
        """Empty the failure of an earlier training: this one has succeeded."""
        family, _, name = dataset_name.partition(".")
        if name == "training" and family in families.names() and self._catalog.exists(f"{family}.failure"):
            self._catalog.save(f"{family}.failure", Failure())

    @hook_impl
    def on_node_error(self, error: Exception, node: Node, catalog: DataCatalog) -> None:
        """Save why a family failed: a runner of Kedro ends the run without doing so."""
        family = family_of_node(node)
        if family is not None and FIGURE not in node.tags and not isinstance(error, TrackingError):
            catalog.save(f"{family}.failure", as_failure(error, failure_reason(error)))

    @hook_impl(trylast=True)
    def after_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Report every family of this run that failed.

        Raises:
            FamiliesFailedError: With one sentence per failed family.
            TimeBudgetError: If every family was skipped for lack of time.
        """
        if reasons := dict.fromkeys(_reasons(pipeline, catalog)):
            raise FamiliesFailedError(*reasons)
        trained = [name for name in families.names() if f"{name}.training" in pipeline.all_outputs()]
        failures = [_stored_failure(f"{name}.failure", catalog) for name in trained]
        if failures and all(failure.is_skipped for failure in failures):
            raise _too_short_a_budget(failures)


def _reasons(pipeline: Pipeline, catalog: DataCatalog) -> Iterator[str]:
    """Yield why families could not be trained in this run, or why it could not evaluate them."""
    for family in families.names():
        failure = _stored_failure(f"{family}.failure", catalog)
        if failure.reason and not failure.is_skipped and f"{family}.training" in pipeline.all_outputs():
            yield failure.reason
        scores = f"evaluation.{family}_scores"
        if not failure.reason and scores in pipeline.all_outputs() and catalog.load(scores).status == "failed":
            yield catalog.load(scores).note
    if ALL_DISTRIBUTED in pipeline.all_outputs():
        yield from (scores.note for scores in catalog.load(ALL_DISTRIBUTED).values() if scores.status == "failed")


def _stored_failure(name: str, catalog: DataCatalog) -> Failure:
    try:
        failure: Failure = catalog.load(name) if catalog.exists(name) else Failure()
    except DatasetError:  # the file is damaged, which the evaluation of the family reports
        return Failure()
    return failure


def _too_short_a_budget(failures: list[Failure]) -> TimeBudgetError:
    """Return the error of a run in which all families were skipped."""
    minutes = math.ceil(10 * min(failure.shortest_minutes for failure in failures)) / 10
    return TimeBudgetError(
        f"Parameter run.minutes: expected time to train at least one family, found too little for any of "
        f"{len(failures)}; the shortest possible is about {minutes:,g}, and more for all of them."
    )
