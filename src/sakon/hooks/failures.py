"""A hook that reports failed families at the end of a run, also by the exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedro.framework.hooks import hook_impl

from sakon import families
from sakon.errors import FamiliesFailedError

if TYPE_CHECKING:
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline


class FailuresHook:
    """Raises an error at the end of a run in which families failed."""

    @hook_impl(trylast=True)
    def after_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Report every family of this run that failed.

        Raises:
            FamiliesFailedError: With one sentence per failed family.
        """
        trained_here = [family for family in families.names() if f"{family}.training" in pipeline.all_outputs()]
        failures = [catalog.load(f"{family}.failure") for family in trained_here if catalog.exists(f"{family}.failure")]
        reasons = dict.fromkeys(failure.reason for failure in failures if failure.reason)
        if reasons:
            raise FamiliesFailedError(*reasons)
