"""Checks of a problem's configuration, before a run and by `kedro problem check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sakon import families, kinds
from sakon.validation import unknown_key_errors, validation_errors

if TYPE_CHECKING:
    from kedro.config import AbstractConfigLoader
    from kedro.io import AbstractDataset

OTHER_RAW_FILE = {
    "raw": "name another in the problem's catalog.yml",
    "scoring.raw": "name another by --params scoring.data=PATH",
    "distributed_preprocessing.table": "name another by --params distributed.data=PATH, or make the records first",
    "distributed_scoring.records": "name another by --params scoring.data=PATH",
}
"""How the user names another file, by dataset of raw data."""


def parameter_errors(config_loader: AbstractConfigLoader) -> list[str]:
    """Return one sentence for every parameter that is unknown or does not fit its type."""
    from kedro.config import OmegaConfigLoader
    from kedro.framework.project import pipelines
    from kedro.validation import TypeExtractor

    from sakon.tracking.config import MlflowConfig
    from sakon.workers import RunConfig

    parameters = config_loader["parameters"]
    base = OmegaConfigLoader(config_loader.conf_source, base_env="base", default_run_env="base")
    errors = unknown_key_errors(parameters, {*base["parameters"], *families.names()})
    models = TypeExtractor(dict(pipelines)).extract_types_from_pipelines() | {"mlflow": MlflowConfig, "run": RunConfig}
    for name, model in models.items():
        if name == "problem" and name in parameters:
            errors += kinds.problem_errors(parameters[name])
        elif name in parameters:
            errors += validation_errors(name, parameters[name], model)
    return errors


def missing_raw_file_error(
    dataset: AbstractDataset[Any, Any], project: Path, remedy: str = OTHER_RAW_FILE["raw"]
) -> str:
    """Return the sentence for a raw file that does not exist.

    Args:
        dataset: Dataset of the file.
        project: Folder of the project.
        remedy: How to name another file.
    """
    path = Path(str(getattr(dataset, "_filepath", "raw")))
    name = path.relative_to(project) if path.is_relative_to(project) else path
    return f"{name}: the raw file is not there; put it there, or {remedy}."
