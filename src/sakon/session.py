"""Sessions that run with the project's own runner, in notebooks and scripts as on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kedro.framework.session import KedroSession

from sakon.runner import FamilyRunner

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kedro.runner import AbstractRunner


class FamilySession(KedroSession):
    """A Kedro session whose default runner is `FamilyRunner`."""

    def run(  # type: ignore[override]  # further arguments are Kedro's own
        self,
        pipeline_name: str | None = None,
        pipeline_names: list[str] | None = None,
        tags: Iterable[str] | None = None,
        runner: AbstractRunner | None = None,
        **filters: Any,
    ) -> dict[str, Any]:
        """Run pipelines; see `KedroSession.run`.

        Args:
            pipeline_name: Name of one pipeline.
            pipeline_names: Names of several pipelines.
            tags: Tags of the nodes to run.
            runner: Runner to use instead of `FamilyRunner`.
            **filters: Further arguments of `KedroSession.run`.
        """
        return super().run(pipeline_name, pipeline_names, tags, runner or FamilyRunner(), **filters)
