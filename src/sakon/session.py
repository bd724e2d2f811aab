"""Sessions that run with the project's own runner, in notebooks and scripts as on the command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.session import KedroSession
from kedro.utils import find_kedro_project

from sakon.run_options import absolute_data_paths, environment_name
from sakon.runner import supported_runner
from sakon.training.keras_settings import restore_keras_settings
from sakon.workers import WorkersHook

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kedro.runner import AbstractRunner


class FamilySession(KedroSession):
    """A Kedro session whose default runner is `FamilyRunner`."""

    @classmethod
    def create(  # type: ignore[override]  # further arguments are Kedro's own
        cls,
        project_path: Path | str | None = None,
        save_on_close: bool = True,
        env: str | None = None,
        runtime_params: dict[str, Any] | None = None,
        **arguments: Any,
    ) -> KedroSession:
        """Create a session; see `KedroSession.create`.

        Args:
            project_path: Folder of the project.
            save_on_close: Whether the session is saved when it is closed.
            env: Problem, also as the path of its folder.
            runtime_params: Parameters; the paths of new data are relative to the working directory.
            **arguments: Further arguments of `KedroSession.create`.
        """
        env = env or os.getenv("KEDRO_ENV")
        project = Path(project_path or find_kedro_project(Path.cwd()) or Path.cwd())
        parameters = absolute_data_paths(runtime_params or {}, project)
        name = environment_name(env) if env else None
        session: KedroSession = super().create(project_path, save_on_close, name, parameters, **arguments)
        return session

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
            runner: Runner to use instead of `FamilyRunner`; it must run nodes one after another.
            **filters: Further arguments of `KedroSession.run`.

        Raises:
            ParameterError: If the runner runs nodes at the same time.
        """
        try:
            return super().run(pipeline_name, pipeline_names, tags, supported_runner(runner), **filters)
        finally:
            restore_keras_settings()
            for plugin in self._hook_manager.get_plugins():
                if isinstance(plugin, WorkersHook):
                    plugin.stop()
