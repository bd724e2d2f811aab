"""What the registry holds, as datasets, so that nodes know nothing of MLflow."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from sakon import families
from sakon.models.bundle import DATA_FILES, MODEL_FILES, ModelBundle
from sakon.models.champion import Champion
from sakon.tracking.registration import ARTIFACTS, SHA256, sha256
from sakon.tracking.store import in_use

CHAMPION = "champion"
MLMODEL = "MLmodel"
LOADER = "mlflow.pyfunc.loaders.code_model"


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
        """Return the version behind an alias, or `None`; nothing is made by looking."""
        uri = in_use()
        if uri is None:
            return None
        import mlflow
        from mlflow.exceptions import MlflowException

        try:
            return mlflow.MlflowClient(uri, uri).get_model_version_by_alias(self._problem, alias)
        except MlflowException:
            return None


class TrackedRunsDataset(_RegistryDataset):
    """MLflow run and model version of every family, here and on Spark: `{family: {"run_id": …, "version": …}}`.

    Args:
        problem: Name of the registered model.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def load(self) -> dict[str, dict[str, str]]:
        """Look the families up by their aliases; empty where nothing is recorded."""
        names = [*families.names(), *map(families.spark_variant, families.trainable())]
        versions = {name: self._version(name) for name in names}
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
        required: Whether nothing can be done without a champion.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(self, *, problem: str, required: bool = False, metadata: dict[str, Any] | None = None) -> None:
        super().__init__(problem=problem, metadata=metadata)
        self._required = required

    def load(self) -> Champion | None:
        """Verify and read the champion; one that fails is reported and left out.

        Raises:
            DatasetError: If there is none, or one that fails, and it is required.
        """
        found = self._version(CHAMPION)
        if found is None and self._required:
            raise DatasetError(
                f"Champion of '{self._problem}': expected a registered model with the alias {CHAMPION}, found none; "
                f"train and compare the families first: `kedro run --env={self._problem}`."
            )
        if found is None:
            return None
        with tempfile.TemporaryDirectory() as folder:  # a copy, so that what is verified is what is read
            files = Path(folder) / ARTIFACTS
            fault = _fetch(found, Path(folder)) or _fault(files, found.tags)
            if not fault:
                try:
                    return Champion(str(found.version), found.tags["sakon.family"], ModelBundle.load(files))
                except Exception as error:  # whatever an older version of a library left behind
                    fault = f"it cannot be read ({_first_line(error)})"
        if self._required:
            raise DatasetError(
                f"Champion v{found.version} of '{self._problem}': expected the model as it was registered, found that "
                f"{fault}; train and compare the families anew: `kedro run --env={self._problem}`."
            )
        logging.getLogger("sakon").warning(
            "Champion v%s of '%s' is left out of the comparison: %s.", found.version, self._problem, fault
        )
        return None


def _fetch(found: Any, folder: Path) -> str:
    """Copy the description and the files of a version into a folder; return why that failed, or nothing."""
    import mlflow

    uri = f"models:/{found.name}/{found.version}"
    try:
        for part in (MLMODEL, ARTIFACTS):
            mlflow.artifacts.download_artifacts(f"{uri}/{part}", dst_path=str(folder), tracking_uri=in_use())
        flavors = mlflow.models.Model.load(str(folder / MLMODEL)).flavors
    except Exception as error:  # a description changed by hand can be anything
        return f"its files cannot be fetched ({_first_line(error)})"
    loader = flavors.get("python_function", {}).get("loader_module")
    if set(flavors) != {"python_function"} or loader != LOADER:
        return f"expected a model that {LOADER} loads, found flavors {sorted(flavors)} and loader {loader}"
    return ""


def _fault(folder: Path, tags: dict[str, str]) -> str:
    names = {path.name for path in folder.iterdir() if path.is_file()} if folder.is_dir() else set()
    network = names - DATA_FILES
    if not names >= DATA_FILES or len(network) != 1 or not network <= set(MODEL_FILES):
        return f"expected the files {sorted(DATA_FILES)} and one of {MODEL_FILES}, found {sorted(names)}"
    changed = sorted(name for name in names if tags.get(f"{SHA256}.{name}") != sha256(folder / name))
    return f"{', '.join(changed)} changed since it was registered" if changed else ""


def _first_line(error: Exception) -> str:
    return (str(error).strip() or repr(error)).splitlines()[0]
