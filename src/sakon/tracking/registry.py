"""The content of the model registry as datasets: nodes do not know MLflow."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from kedro.io import AbstractDataset, DatasetError

from sakon import families
from sakon.errors import ModelError, TrackingError
from sakon.models.bundle import ModelBundle
from sakon.models.champion import Champion, UnreadableChampion
from sakon.tracking.causes import Cause, cause_of, error_reason
from sakon.tracking.model_files import ARTIFACTS, download_version
from sakon.tracking.store import available_address, outage

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

CHAMPION = "champion"
FAMILY_TAG = "sakon.family"

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
        try:
            return CHAMPION in self._aliases()
        except TrackingError:
            return True  # it may exist: reading it says why it cannot be read

    def _describe(self) -> dict[str, Any]:
        return {"problem": self._problem}

    def _aliases(self) -> dict[str, str]:
        """Return the version number of every alias; empty if nothing is registered.

        The store is not created if it does not exist.

        Raises:
            TrackingError: If the registry cannot be read.
        """
        registered = read_registry(lambda client: client.get_registered_model(self._problem))
        return {alias: str(number) for alias, number in registered.aliases.items()} if registered else {}

    def _version(self, number: str) -> ModelVersion | None:
        """Return a version; `None` if it was deleted.

        Raises:
            TrackingError: If the registry cannot be read.
        """
        return read_registry(lambda client: client.get_model_version(self._problem, number))


class TrackedRunsDataset(_RegistryDataset[dict[str, dict[str, str]]]):
    """MLflow run and model version of every family and variant: `{family: {"run_id": …, "version": …}}`.

    Args:
        problem: Name of the registered model.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def load(self) -> dict[str, dict[str, str]]:
        """Look the families up by their aliases; empty if nothing is registered, or the registry cannot be read."""
        names = {*families.names(), *map(families.spark_variant, families.trainable())}
        try:
            numbers = {alias: number for alias, number in self._aliases().items() if alias in names}
            versions = {family: self._version(number) for family, number in sorted(numbers.items())}
        except TrackingError as error:
            logging.getLogger("sakon").warning("The leaderboard has no runs and versions: %s", " ".join(error.messages))
            return {}
        return {
            family: {"run_id": str(version.run_id), "version": str(version.version)}
            for family, version in versions.items()
            if version is not None
        }


class ChampionDataset(_RegistryDataset[Champion | UnreadableChampion | None]):
    """The current champion; `None` only if the registry says that there is none.

    Its files are read only if its whole folder is as it was registered. The code in the folder does not run.

    Args:
        problem: Name of the registered model.
        required: Whether a missing or unreadable champion is an error.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(self, *, problem: str, required: bool = False, metadata: dict[str, Any] | None = None) -> None:
        super().__init__(problem=problem, metadata=metadata)
        self._required = required

    def load(self) -> Champion | UnreadableChampion | None:
        """Verify and read the champion. One that cannot be used is reported, and is not the same as none.

        Raises:
            DatasetError: If there is no champion, or it cannot be used, and it is required.
        """
        champion = self._find()
        if champion is None and self._required:
            raise DatasetError(describe_missing_champion(self._problem))
        if not isinstance(champion, UnreadableChampion):
            return champion
        title = f"{champion.title[0].upper()}{champion.title[1:]} of '{self._problem}'"
        if self._required:
            raise DatasetError(f"{title} cannot be used: {champion.reason} What to do: {champion.decide}.")
        logging.getLogger("sakon").warning("%s is not compared with the families: %s", title, champion.reason)
        return champion

    def _find(self) -> Champion | UnreadableChampion | None:
        try:
            number = self._aliases().get(CHAMPION)
            version = None if number is None else self._version(number)
        except TrackingError as error:
            return UnreadableChampion(" ".join(error.messages), f"run {self._evaluation} once the registry responds")
        if number is None:
            return None
        if version is None:
            return UnreadableChampion("MLflow has its alias, but no longer the version.", self._way_out, number)
        try:
            return _load_champion(version)
        except ModelError as error:
            family = version.tags.get(FAMILY_TAG, "")
            return UnreadableChampion(" ".join(error.messages), self._way_out, number, family)

    @property
    def _evaluation(self) -> str:
        return f"`kedro run --env={self._problem} --pipelines=evaluation`"

    @property
    def _way_out(self) -> str:
        return (
            f"restore its files; or, to let a new model replace it, remove the alias {CHAMPION} from the model "
            f"'{self._problem}' in MLflow (`mlflow ui`, page Models) and run {self._evaluation}"
        )


def describe_missing_champion(problem: str) -> str:
    """Return what to do if there is no champion, in a sentence."""
    return (
        f"Champion of '{problem}': expected a registered model with the alias {CHAMPION}, found none; train and "
        f"compare the families first: `kedro run --env={problem}`."
    )


def read_registry(read: Callable[[MlflowClient], Value]) -> Value | None:
    """Return what is read from the session's store; `None` if there is no store or no such record.

    Args:
        read: Reads a record with a client.

    Raises:
        TrackingError: If the registry cannot be read.
    """
    uri = available_address()
    if uri is None:
        return None
    import mlflow

    with _registry_errors():
        try:
            return read(mlflow.MlflowClient(uri, uri))
        except Exception as error:
            if cause_of(error) is not Cause.RECORD_DELETED:
                raise
            return None


@contextmanager
def _registry_errors() -> Iterator[None]:
    """Raise errors of MLflow as `TrackingError`; after one that says that the server is down, it is left alone."""
    from mlflow.exceptions import MlflowException

    try:
        with outage().timed():
            yield
    except (MlflowException, OSError) as error:
        reason = error_reason(error)
        if cause_of(error) is Cause.UNREACHABLE:
            outage().begin(reason)
        raise TrackingError(f"The model registry cannot be read ({reason}).") from error


def _load_champion(version: ModelVersion) -> Champion:
    """Copy the files of a version, verify the copy, and read it.

    Raises:
        ModelError: If the files cannot be copied, were changed, or cannot be read.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = download_version(version, Path(name), available_address())
        try:
            bundle = ModelBundle.load(folder / ARTIFACTS)
        except ModelError:
            raise
        except Exception as error:  # files of an older version of Sakon or of a library
            raise ModelError(
                f"Model bundle: expected one that this version of Sakon can read, found another ({_first_line(error)})."
            ) from error
    return Champion(str(version.version), version.tags.get(FAMILY_TAG, "unknown family"), bundle)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or repr(error)).splitlines()[0]
