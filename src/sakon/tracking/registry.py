"""What the registry holds, as datasets, so that nodes know nothing of MLflow."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from sakon import families
from sakon.tracking.predictor import NETWORKS, Predictor
from sakon.tracking.registration import ARTIFACTS, sha256
from sakon.tracking.store import SQLITE

CHAMPION = "champion"
FILES = {"schema.json", "input_spec.json", "preprocessor.skops"}


@dataclass(frozen=True)
class Champion:
    """The version that serves.

    Attributes:
        version: Its number.
        family: The family that made it.
        predictor: What answers.
    """

    version: str
    family: str
    predictor: Predictor


class _RegistryDataset(AbstractDataset[NoReturn, Any]):
    optional = True

    def __init__(self, *, problem: str, metadata: dict[str, Any] | None = None) -> None:
        self._problem = problem
        self.metadata = metadata

    def save(self, data: NoReturn) -> None:
        """Refuse: the registry changes through the catalog's `metadata: mlflow`."""
        raise DatasetError("The registry is read here, never written.")

    def _exists(self) -> bool:
        return self._version(CHAMPION) is not None

    def _describe(self) -> dict[str, Any]:
        return {"problem": self._problem}

    def _version(self, alias: str) -> Any:
        """Return the version behind an alias, or `None`; a missing SQLite file is not made."""
        import mlflow
        from mlflow.exceptions import MlflowException

        uri = mlflow.get_tracking_uri()
        if uri.startswith(SQLITE) and not Path(uri.removeprefix(SQLITE)).exists():
            return None
        try:
            return mlflow.MlflowClient().get_model_version_by_alias(self._problem, alias)
        except MlflowException:
            return None


class TrackedRunsDataset(_RegistryDataset):
    """MLflow run and model version of every family: `{family: {"run_id": …, "version": …}}`.

    Args:
        problem: Name of the registered model.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def load(self) -> dict[str, dict[str, str]]:
        """Look the families up by their aliases; empty where nothing is recorded."""
        versions = {family: self._version(family) for family in families.names()}
        return {
            family: {"run_id": str(found.run_id), "version": str(found.version)}
            for family, found in versions.items()
            if found is not None
        }


class ChampionDataset(_RegistryDataset):
    """The current champion, or `None`.

    Only files that the project itself logged are read, and only if they still have the checksum
    recorded then; no code of the model's own folder runs.

    Args:
        problem: Name of the registered model.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def load(self) -> Champion | None:
        """Verify and read the champion; one that fails is reported and left out."""
        import mlflow

        found = self._version(CHAMPION)
        if found is None:
            return None
        try:
            folder = Path(mlflow.artifacts.download_artifacts(f"models:/{self._problem}@{CHAMPION}")) / ARTIFACTS
            fault = _fault(folder, found.tags)
        except (OSError, mlflow.MlflowException) as error:
            fault = f"its files cannot be fetched ({(str(error).splitlines() or [''])[0]})"
        if fault:
            message = "champion v%s of '%s' is left out of the comparison: %s"
            logging.getLogger("sakon").warning(message, found.version, self._problem, fault)
            return None
        return Champion(str(found.version), found.tags["sakon.family"], Predictor.load(folder))


def _fault(folder: Path, tags: dict[str, str]) -> str:
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    network = names - FILES
    if not names >= FILES or len(network) != 1 or not network <= set(NETWORKS):
        return f"expected the files {sorted(FILES)} and one of {NETWORKS}, found {sorted(names)}"
    changed = sorted(name for name in names if tags.get(f"sakon.sha256.{name}") != sha256(folder / name))
    return f"{', '.join(changed)} changed since it was registered" if changed else ""
