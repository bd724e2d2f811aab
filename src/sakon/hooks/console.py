"""Keeps the start of a run quiet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedro.framework.hooks import hook_impl

from sakon.quiet import standard_error_kept_back

if TYPE_CHECKING:
    from kedro.pipeline import Pipeline


class ConsoleHook:
    """Imports TensorFlow before the first node of a family, with its start-up lines kept back."""

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        """Import TensorFlow if any node belongs to a family or to the evaluation."""
        from sakon import families

        if any(families.namespace_of(node) in (*families.names(), "evaluation") for node in pipeline.nodes):
            with standard_error_kept_back():
                import tensorflow  # noqa: F401
