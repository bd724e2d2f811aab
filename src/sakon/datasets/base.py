"""Base classes of the datasets: files with an atomic `save`, files that may be missing, and raw data."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from sakon.atomic import atomic_write


class FileDataset(AbstractDataset[Any, Any]):
    """A file that is read and written as a whole; subclasses define its format.

    Args:
        filepath: Path of the file.
        optional: Whether `load` returns `None` if the file does not exist, instead of raising an error.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(self, *, filepath: str, optional: bool = False, metadata: dict[str, Any] | None = None) -> None:
        self._path = Path(filepath)
        self.optional = optional
        self.metadata = metadata

    @property
    def _filepath(self) -> Path:
        """Path of the file."""
        return self._path

    @abstractmethod
    def _read(self, path: Path) -> Any:
        """Return the content of a file that exists."""

    def load(self) -> Any:
        """Return the content of the file; `None` if it is optional and missing."""
        return None if self.optional and not self._exists() else self._read(self._filepath)

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


class RawDataset(AbstractDataset[NoReturn, Any]):
    """Raw data, which are read-only."""

    def save(self, data: NoReturn) -> None:
        """Raise an error."""
        raise DatasetError("Raw data are read-only.")


class AtomicMixin:
    """Adds an atomic `save` and `optional` to a file dataset of kedro-datasets.

    Args:
        optional: Whether `load` returns `None` if the file does not exist, instead of raising an error.
        **arguments: Arguments of the dataset.
    """

    _filepath: PurePosixPath

    def __init__(self, *, optional: bool = False, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.optional = optional

    def save(self, data: object) -> None:
        """Write a temporary file, which then replaces the file."""
        filepath = self._filepath
        with atomic_write(Path(filepath)) as temporary:
            self._filepath = PurePosixPath(temporary.as_posix())
            try:
                super().save(data)  # type: ignore[misc]
            finally:
                self._filepath = filepath

    def load(self) -> Any:
        """Return the content of the file; `None` if it is optional and missing."""
        if self.optional and not Path(self._filepath).exists():
            return None
        return super().load()  # type: ignore[misc]
