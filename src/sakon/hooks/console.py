"""Keeps the start of a run quiet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedro.framework.hooks import hook_impl

from sakon.stderr import suppressed_stderr

if TYPE_CHECKING:
    from kedro.pipeline import Pipeline


ANSWERING = ("evaluation", "scoring", "distributed_training", "distributed_scoring")


class ConsoleHook:
    """Imports TensorFlow before the first node that uses it, with its start-up lines kept back."""

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        """Import TensorFlow if any node trains a family or lets one answer."""
        from sakon import families

        if any(families.namespace_of(node) in (*families.names(), *ANSWERING) for node in pipeline.nodes):
            with suppressed_stderr():
                import tensorflow  # noqa: F401
