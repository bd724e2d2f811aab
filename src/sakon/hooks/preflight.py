"""What is wrong is said before anything is computed or recorded."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl

from sakon import families, kinds
from sakon.errors import DataError, ParameterError
from sakon.pipeline_registry import ON_REQUEST
from sakon.validation import unknown_key_errors, validation_errors

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline

SMALLEST_FREE_SPACE = 200 * 2**20
RAW = {
    "raw": "name another in the problem's catalog.yml",
    "scoring.raw": "name another by --params scoring.data=PATH",
    "distributed_preprocessing.table": "name another by --params distributed.data=PATH, or make the records first",
    "distributed_scoring.records": "name another by --params scoring.data=PATH",
}


def parameter_faults(config_loader: Any) -> list[str]:
    """Return a sentence for every parameter that nothing reads or that does not fit its type."""
    from kedro.config import OmegaConfigLoader
    from kedro.framework.project import pipelines
    from kedro.validation import TypeExtractor

    from sakon.tracking.config import MlflowConfig

    given = config_loader["parameters"]
    base = OmegaConfigLoader(config_loader.conf_source, base_env="base", default_run_env="base")
    found = unknown_key_errors(given, {*base["parameters"], *families.names()})
    typed = TypeExtractor(dict(pipelines)).extract_types_from_pipelines() | {"mlflow": MlflowConfig}
    for name, model in typed.items():
        if name in given:
            found += (
                kinds.problem_errors(given[name]) if name == "problem" else validation_errors(name, given[name], model)
            )
    return found


def raw_file_fault(dataset: Any, project: Path, way_out: str = RAW["raw"]) -> str:
    """Return the sentence for a raw file that is not there.

    Args:
        dataset: What reads it.
        project: Folder of the project.
        way_out: How to name another.
    """
    path = Path(str(dataset._filepath)) if hasattr(dataset, "_filepath") else Path("raw")
    shown = path.relative_to(project) if path.is_relative_to(project) else path
    return f"{shown}: the raw file is not there; put it there, or {way_out}."


class PreflightHook:
    """Checks parameters, inputs and the disk before a run."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Refuse parameters that nothing reads or that do not fit their type.

        Raises:
            ParameterError: Naming every fault.
        """
        self._env = context.env
        self._project = Path(context.project_path)
        if found := parameter_faults(context.config_loader):
            raise ParameterError(*found)

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Refuse a run whose inputs are missing or whose outputs could not be written.

        Raises:
            DataError: Naming every fault.
        """
        found = [*self._missing_inputs(pipeline, catalog), *self._disk_faults()]
        if found:
            raise DataError(*found)

    def _missing_inputs(self, pipeline: Pipeline, catalog: DataCatalog) -> list[str]:
        missing: dict[str, list[str]] = {}
        faults = []
        for name in sorted(pipeline.inputs()):
            if name.startswith("params:") or name == "parameters":
                continue
            dataset = catalog.get(name)
            if dataset is None or getattr(dataset, "optional", False) or dataset.exists():
                continue
            if name in RAW:
                faults.append(raw_file_fault(dataset, self._project, RAW[name]))
            else:
                missing.setdefault(self._command_for(name, catalog), []).append(f"`{name}`")
        if len(missing) > 1:  # one command for them all
            missing = {f"kedro run{self._env_option()}": sorted(name for names in missing.values() for name in names)}
        return faults + [
            f"{', '.join(names)}: not there yet; make {'it' if len(names) == 1 else 'them'} with `{command}`."
            for command, names in missing.items()
        ]

    def _command_for(self, dataset: str, catalog: DataCatalog) -> str:
        """Return the command that makes a dataset, or another one of the same file."""
        from kedro.framework.project import pipelines

        def makes(output: str) -> bool:
            path = getattr(catalog.get(output), "_filepath", None)
            return output == dataset or (path is not None and path == getattr(catalog.get(dataset), "_filepath", None))

        pipelines.set_requested(None)
        named = {name: each for name, each in pipelines.items() if name != "__default__"}
        makers = [name for name, each in named.items() if any(map(makes, each.all_outputs()))]
        makers.sort(key=lambda name: name in ON_REQUEST)  # what a plain run makes, a plain pipeline makes
        env = self._env_option()
        return f"kedro run{env} --pipelines={makers[0]}" if makers else f"kedro run{env}"

    def _env_option(self) -> str:
        return f" --env={self._env}" if self._env not in (None, "base", "local") else ""

    def _disk_faults(self) -> list[str]:
        data = self._project / "data"
        place = data if data.exists() else self._project
        if not os.access(place, os.W_OK | os.X_OK):
            return [
                f"{place}: expected a folder that may be written to, found no permission; change its mode or owner."
            ]
        free = shutil.disk_usage(place).free
        if free < SMALLEST_FREE_SPACE:
            return [
                f"{place}: expected at least {SMALLEST_FREE_SPACE >> 20} MiB free, found {free >> 20} MiB; the disk is "
                f"full: make room."
            ]
        return []
