"""A run in which a family failed says so in the end, and in its exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedro.framework.hooks import hook_impl

from sakon import families
from sakon.errors import FamiliesFailedError

if TYPE_CHECKING:
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline


class FailuresHook:
    """Ends a run with the reasons of its failed families, after all else has been done."""

    @hook_impl(trylast=True)
    def after_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Name every family of this run that failed.

        Raises:
            FamiliesFailedError: With a sentence for each.
        """
        ran = [family for family in families.names() if f"{family}.training" in pipeline.all_outputs()]
        failures = [catalog.load(f"{family}.failure") for family in ran if catalog.exists(f"{family}.failure")]
        reasons = dict.fromkeys(failure.reason for failure in failures if failure.reason)
        if reasons:
            raise FamiliesFailedError(*reasons)
