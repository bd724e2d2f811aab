"""A hook that keeps the record of failed families, and reports them at the end of a run, also by the exit code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kedro.framework.hooks import hook_impl
from kedro.io import DatasetError

from sakon import families
from sakon.errors import FamiliesFailedError, TrackingError
from sakon.families.template import FIGURE
from sakon.node_execution import ALL_DISTRIBUTED, failure_reason, family_of_node
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
            catalog.save(f"{family}.failure", Failure(reason=failure_reason(error)))

    @hook_impl(trylast=True)
    def after_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Report every family of this run that failed.

        Raises:
            FamiliesFailedError: With one sentence per failed family.
        """
        if reasons := dict.fromkeys(_reasons(pipeline, catalog)):
            raise FamiliesFailedError(*reasons)


def _reasons(pipeline: Pipeline, catalog: DataCatalog) -> Iterator[str]:
    """Yield why families could not be trained in this run, or why it could not evaluate them."""
    for family in families.names():
        reason = _stored_reason(f"{family}.failure", catalog)
        if reason and f"{family}.training" in pipeline.all_outputs():
            yield reason
        scores = f"evaluation.{family}_scores"
        if not reason and scores in pipeline.all_outputs() and catalog.load(scores).status == "failed":
            yield catalog.load(scores).note
    if ALL_DISTRIBUTED in pipeline.all_outputs():
        yield from (scores.note for scores in catalog.load(ALL_DISTRIBUTED).values() if scores.status == "failed")


def _stored_reason(name: str, catalog: DataCatalog) -> str:
    try:
        return str(catalog.load(name).reason) if catalog.exists(name) else ""
    except DatasetError:  # the file is damaged, which the evaluation of the family reports
        return ""
