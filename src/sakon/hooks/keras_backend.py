"""A hook that prepares Keras for a run: it is imported silently, and its settings are pinned."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING

from kedro.framework.hooks import hook_impl

from sakon.stderr import suppressed_stderr
from sakon.workers import MainProcessHook

if TYPE_CHECKING:
    from kedro.pipeline import Pipeline


USING_MODELS = ("evaluation", "scoring", "distributed_training", "distributed_scoring")


class KerasHook(MainProcessHook):
    """Imports Keras on the chosen backend and pins its settings before the first node that uses it.

    `FamilySession` restores the settings also after an interrupt.
    """

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        """Prepare Keras if a node trains a family or predicts with one; say which of the user's settings are not used.

        Workers have been started before, so that they import Keras at the same time.
        """
        if not uses_models(pipeline):
            return
        from sakon.training.keras_settings import pin_keras_settings

        with suppressed_stderr():  # start-up messages of TensorFlow, which Keras imports on every backend
            import_module("keras")
        if sentence := pin_keras_settings():
            logging.getLogger("sakon").warning("%s", sentence)

    @hook_impl
    def after_pipeline_run(self) -> None:
        """Restore the settings."""
        self._restore()

    @hook_impl
    def on_pipeline_error(self) -> None:
        """Restore the settings."""
        self._restore()

    def _restore(self) -> None:
        from sakon.training.keras_settings import restore_keras_settings

        restore_keras_settings()


def uses_models(pipeline: Pipeline) -> bool:
    """Return whether a node trains a family or predicts with one."""
    from sakon import families

    return any(families.namespace_of(node) in (*families.names(), *USING_MODELS) for node in pipeline.nodes)
