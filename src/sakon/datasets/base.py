"""Bases of the file datasets: written atomically, and optional where declared."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path, PurePosixPath
from typing import Any

from kedro.io import AbstractDataset

from sakon.atomic import atomic_write


class FileDataset(AbstractDataset[Any, Any]):
    """A file that is read and written as a whole; what it holds is for its subclasses.

    Args:
        filepath: Path of the file.
        optional: Load `None` where the file does not exist, instead of failing.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(self, *, filepath: str, optional: bool = False, metadata: dict[str, Any] | None = None) -> None:
        self._declared = Path(filepath)
        self.optional = optional
        self.metadata = metadata

    @property
    def _filepath(self) -> Path:
        """Path of the file that is there, or would be."""
        return self._declared

    @abstractmethod
    def _read(self, path: Path) -> Any:
        """Return what a file holds."""

    def load(self) -> Any:
        """Read the file; `None` where it is missing and declared optional."""
        return None if self.optional and not self._exists() else self._read(self._filepath)

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


class AtomicMixin:
    """Makes the `save` of a file dataset atomic, and its absence acceptable where declared.

    Args:
        optional: Load `None` where the file does not exist, instead of failing.
        **arguments: Those of the dataset it is mixed into.
    """

    _filepath: PurePosixPath

    def __init__(self, *, optional: bool = False, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.optional = optional

    def save(self, data: Any) -> None:
        """Write beside the file, then put the new file in its place."""
        whole = self._filepath
        with atomic_write(Path(whole)) as partial:
            self._filepath = PurePosixPath(partial.as_posix())
            try:
                super().save(data)  # type: ignore[misc]
            finally:
                self._filepath = whole

    def load(self) -> Any:
        """Read the file; `None` where it is missing and declared optional."""
        if self.optional and not Path(self._filepath).exists():
            return None
        return super().load()  # type: ignore[misc]
