"""A hook that checks parameters, backend, inputs and the disk before anything is computed or recorded."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl

from sakon.backends.selection import select_backend
from sakon.configuration_checks import OTHER_RAW_FILE, missing_raw_file_error, parameter_errors
from sakon.errors import DataError, ParameterError
from sakon.hooks.keras_backend import uses_models
from sakon.pipeline_registry import ON_REQUEST
from sakon.runner import check_runner
from sakon.workers import MainProcessHook, RunConfig

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline

MIN_FREE_BYTES = 200 * 2**20


class PreflightHook(MainProcessHook):
    """Checks parameters, backend, inputs and the disk before a run."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Check the parameters.

        Raises:
            ParameterError: With all errors of the parameters.
        """
        self._env = context.env
        self._project = Path(context.project_path)
        if errors := parameter_errors(context.config_loader):
            raise ParameterError(*errors)
        self._backend = RunConfig.of(context).backend

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Check the runner, choose Keras' backend, check that inputs exist and that outputs can be written.

        Raises:
            ParameterError: If the runner runs nodes at the same time, or the backend cannot be used.
            DataError: With all errors of inputs and outputs.
        """
        check_runner(str(run_params.get("runner")))  # a session of another class than the project's
        if uses_models(pipeline):
            select_backend(self._backend)
        if errors := [*self._input_errors(pipeline, catalog), *self._disk_errors()]:
            raise DataError(*errors)

    def _input_errors(self, pipeline: Pipeline, catalog: DataCatalog) -> list[str]:
        missing: dict[str, list[str]] = {}
        errors = []
        for name in sorted(pipeline.inputs()):
            if name.startswith("params:") or name == "parameters":
                continue
            dataset = catalog.get(name)
            if dataset is None or getattr(dataset, "optional", False) or dataset.exists():
                continue
            if name in OTHER_RAW_FILE:
                errors.append(missing_raw_file_error(dataset, self._project, OTHER_RAW_FILE[name]))
            else:
                missing.setdefault(self._command_for(name, catalog), []).append(f"`{name}`")
        if len(missing) > 1:  # one plain run makes them all
            missing = {f"kedro run{self._env_option()}": sorted(name for names in missing.values() for name in names)}
        return errors + [
            f"{', '.join(names)}: expected {'a file' if len(names) == 1 else 'files'} of an earlier run, found none; "
            f"create {'it' if len(names) == 1 else 'them'} with `{command}`."
            for command, names in missing.items()
        ]

    def _command_for(self, dataset: str, catalog: DataCatalog) -> str:
        """Return the command that creates a dataset, or another one with the same file."""
        from kedro.framework.project import pipelines

        def creates(output: str) -> bool:
            path = getattr(catalog.get(output), "_filepath", None)
            return output == dataset or (path is not None and path == getattr(catalog.get(dataset), "_filepath", None))

        pipelines.set_requested(None)
        by_name = {name: each for name, each in pipelines.items() if name != "__default__"}
        creators = [name for name, each in by_name.items() if any(map(creates, each.all_outputs()))]
        creators.sort(key=lambda name: name in ON_REQUEST)  # prefer the pipelines of a plain run
        env = self._env_option()
        return f"kedro run{env} --pipelines={creators[0]}" if creators else f"kedro run{env}"

    def _env_option(self) -> str:
        return f" --env={self._env}" if self._env not in (None, "base", "local") else ""

    def _disk_errors(self) -> list[str]:
        data = self._project / "data"
        folder = data if data.exists() else self._project
        if not os.access(folder, os.W_OK | os.X_OK):
            return [
                f"{folder}: expected a folder that may be written to, found no permission; change its mode or owner."
            ]
        free = shutil.disk_usage(folder).free
        if free < MIN_FREE_BYTES:
            return [
                f"{folder}: expected at least {MIN_FREE_BYTES >> 20} MiB free, found {free >> 20} MiB; the disk is "
                f"full: make room."
            ]
        return []
