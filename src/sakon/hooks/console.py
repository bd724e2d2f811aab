"""A hook that imports TensorFlow silently."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedro.framework.hooks import hook_impl

from sakon.stderr import suppressed_stderr

if TYPE_CHECKING:
    from kedro.pipeline import Pipeline


USING_MODELS = ("evaluation", "scoring", "distributed_training", "distributed_scoring")


class ConsoleHook:
    """Imports TensorFlow before the first node that uses it, without its start-up messages."""

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        """Import TensorFlow if a node trains a family or predicts with one."""
        from sakon import families

        if any(families.namespace_of(node) in (*families.names(), *USING_MODELS) for node in pipeline.nodes):
            with suppressed_stderr():
                import tensorflow  # noqa: F401
