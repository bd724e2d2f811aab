"""The content of the model registry as datasets: nodes do not know MLflow."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from kedro.io import AbstractDataset, DatasetError

from sakon import families
from sakon.errors import ModelError
from sakon.models.bundle import ModelBundle
from sakon.models.champion import Champion
from sakon.tracking.registration import ARTIFACTS, checksums_from
from sakon.tracking.store import available_address

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

CHAMPION = "champion"
MLMODEL = "MLmodel"
LOADER = "mlflow.pyfunc.loaders.code_model"

Value = TypeVar("Value")


class _RegistryDataset(AbstractDataset[NoReturn, Value], Generic[Value]):
    """Something that is looked up in the registry by aliases.

    Args:
        problem: Name of the registered model.
        metadata: Read by Kedro plug-ins and hooks.
    """

    optional = True

    def __init__(self, *, problem: str, metadata: dict[str, Any] | None = None) -> None:
        self._problem = problem
        self.metadata = metadata

    def save(self, data: NoReturn) -> None:
        """Refuse: the registry changes through `metadata: mlflow` of other catalog entries."""
        raise DatasetError(f"{type(self).__name__}: expected to be read, found an attempt to save; it is read only.")

    def _exists(self) -> bool:
        return self._version(CHAMPION) is not None

    def _describe(self) -> dict[str, Any]:
        return {"problem": self._problem}

    def _version(self, alias: str) -> ModelVersion | None:
        """Return the version with an alias, or `None`. The store is not created if it does not exist."""
        uri = available_address()
        if uri is None:
            return None
        import mlflow
        from mlflow.exceptions import MlflowException

        try:
            return mlflow.MlflowClient(uri, uri).get_model_version_by_alias(self._problem, alias)
        except MlflowException:
            return None


class TrackedRunsDataset(_RegistryDataset[dict[str, dict[str, str]]]):
    """MLflow run and model version of every family and variant: `{family: {"run_id": …, "version": …}}`.

    Args:
        problem: Name of the registered model.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def load(self) -> dict[str, dict[str, str]]:
        """Look the families up by their aliases; empty if nothing is registered."""
        names = [*families.names(), *map(families.spark_variant, families.trainable())]
        versions = {name: self._version(name) for name in names}
        return {
            family: {"run_id": str(version.run_id), "version": str(version.version)}
            for family, version in versions.items()
            if version is not None
        }


class ChampionDataset(_RegistryDataset[Champion | None]):
    """The current champion, or `None`.

    Only files that this project logged are read, and only if their checksums are those recorded when the version was
    registered. The code in the model's folder does not run.

    Args:
        problem: Name of the registered model.
        required: Whether a missing champion is an error.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(self, *, problem: str, required: bool = False, metadata: dict[str, Any] | None = None) -> None:
        super().__init__(problem=problem, metadata=metadata)
        self._required = required

    def load(self) -> Champion | None:
        """Verify and read the champion. One that cannot be used is reported and left out.

        Raises:
            DatasetError: If there is no champion, or it cannot be used, and it is required.
        """
        version = self._version(CHAMPION)
        if version is None and self._required:
            raise DatasetError(
                f"Champion of '{self._problem}': expected a registered model with the alias {CHAMPION}, found none; "
                f"train and compare the families first: `kedro run --env={self._problem}`."
            )
        if version is None:
            return None
        try:
            return _load_champion(version)
        except ModelError as error:
            reason = " ".join(error.messages)
        if self._required:
            raise DatasetError(
                f"Champion v{version.version} of '{self._problem}' cannot be used: {reason} Train and compare the "
                f"families again: `kedro run --env={self._problem}`."
            )
        logging.getLogger("sakon").warning(
            "Champion v%s of '%s' is not compared with the families: %s", version.version, self._problem, reason
        )
        return None


def _load_champion(version: ModelVersion) -> Champion:
    """Copy the files of a version, verify the copy, and read it.

    Raises:
        ModelError: If the files cannot be copied, were changed, or cannot be read.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _download(version, folder)
        try:
            bundle = ModelBundle.load(folder / ARTIFACTS, checksums_from(version.tags))
        except ModelError:
            raise
        except Exception as error:  # files of an older version of Sakon or of a library
            raise ModelError(
                f"Model bundle: expected one that this version of Sakon can read, found another ({_first_line(error)})."
            ) from error
    return Champion(str(version.version), version.tags["sakon.family"], bundle)


def _download(version: ModelVersion, folder: Path) -> None:
    """Copy the description and the bundle of a version into a folder.

    Raises:
        ModelError: If they cannot be copied, or the model is not loaded as those of this project.
    """
    import mlflow

    uri = f"models:/{version.name}/{version.version}"
    try:
        for path in (MLMODEL, ARTIFACTS):
            mlflow.artifacts.download_artifacts(f"{uri}/{path}", dst_path=str(folder), tracking_uri=available_address())
        flavors = mlflow.models.Model.load(str(folder / MLMODEL)).flavors
    except Exception as error:  # a description that was edited by hand may raise anything
        raise ModelError(f"Model bundle: its files cannot be downloaded ({_first_line(error)}).") from error
    loader = flavors.get("python_function", {}).get("loader_module")
    if set(flavors) != {"python_function"} or loader != LOADER:
        raise ModelError(
            f"Model bundle: expected a model that {LOADER} loads, found flavors {sorted(flavors)} and loader {loader}."
        )


def _first_line(error: Exception) -> str:
    return (str(error).strip() or repr(error)).splitlines()[0]
