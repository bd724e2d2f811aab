"""A hook that imports Keras' backend silently, and a hook that pins Keras' settings."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING

from kedro.framework.hooks import hook_impl

from sakon.backends.selection import select_backend
from sakon.stderr import suppressed_stderr
from sakon.workers import MainProcessHook, RunConfig

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.pipeline import Pipeline


USING_MODELS = ("evaluation", "scoring", "distributed_training", "distributed_scoring")


class ConsoleHook(MainProcessHook):
    """Chooses Keras' backend and imports it before the first node that uses it, without its start-up messages."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Hold the configuration."""
        self._config_loader = context.config_loader

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        """Import the backend if a node trains a family or predicts with one.

        Raises:
            ParameterError: If the backend is unknown or not installed, or if Keras was imported with another one.
        """
        if uses_models(pipeline):
            config = RunConfig.model_validate(self._config_loader["parameters"].get("run") or {})
            name = select_backend(config.backend)
            with suppressed_stderr():
                import_module(name)
                import_module("keras")  # which imports TensorFlow where it is installed, whatever its backend


class KerasSettingsHook(MainProcessHook):
    """Pins Keras' settings for a run; `FamilySession` restores them also after an interrupt."""

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        """Pin the settings, and say which of the user's are not used."""
        from sakon.training.keras_settings import pin_keras_settings

        if uses_models(pipeline) and (sentence := pin_keras_settings()):
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
