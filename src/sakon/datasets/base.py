"""Base classes of the datasets: files with an atomic `save`, files that may be missing, and raw data."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from textwrap import shorten
from typing import Any, ClassVar, NoReturn

from kedro.io import AbstractDataset, DatasetError

from sakon.atomic import atomic_write
from sakon.errors import DataError, SakonError, chain_of, os_error_sentence

RESTORE = "restore it, or rerun the pipeline that writes it"
MAX_CAUSE_LENGTH = 200


@contextmanager
def file_errors(path: Path, content: str, remedy: str = RESTORE) -> Iterator[None]:
    """Raise what libraries raise for a file that is missing or damaged as one sentence.

    Args:
        path: The file.
        content: What it should be, such as `JSON file`.
        remedy: What to do if it is damaged.

    Raises:
        DataError: If the file cannot be read; an error that is a sentence already passes.
    """
    try:
        yield
    except (SakonError, MemoryError):
        raise
    except Exception as error:
        chain = list(chain_of(error))
        if any(isinstance(each, SakonError) for each in chain) or (len(chain) == 1 and isinstance(error, DatasetError)):
            raise
        system_error = next((each for each in chain if isinstance(each, OSError) and each.errno is not None), None)
        if system_error is not None:
            raise DataError(os_error_sentence(system_error, path)) from error
        cause = shorten(f"{type(chain[-1]).__name__}: {chain[-1]}", MAX_CAUSE_LENGTH, placeholder=" …")
        raise DataError(damaged_file_sentence(path, content, cause, remedy)) from error


def damaged_file_sentence(path: Path, content: str, cause: str, remedy: str = RESTORE) -> str:
    """Return the sentence for a file that is not what it should be."""
    return f"{path}: expected a complete {content}, found otherwise ({cause}); it is damaged or was changed: {remedy}."


class FileDataset(AbstractDataset[Any, Any]):
    """A file that is read and written as a whole; subclasses define its format, and name it in `content`.

    Args:
        filepath: Path of the file.
        optional: Whether `load` returns `None` if the file does not exist, instead of raising an error.
        metadata: Read by Kedro plug-ins and hooks.
    """

    content: ClassVar[str] = "file"
    remedy: ClassVar[str] = RESTORE

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
        """Return the content of the file; `None` if it is optional and missing.

        Raises:
            DataError: If the file cannot be read.
        """
        if self.optional and not self._exists():
            return None
        with file_errors(self._filepath, self.content, self.remedy):
            return self._read(self._filepath)

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
    content: ClassVar[str] = "file"
    remedy: ClassVar[str] = RESTORE

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
        """Return the content of the file; `None` if it is optional and missing.

        Raises:
            DataError: If the file cannot be read.
        """
        if self.optional and not Path(self._filepath).exists():
            return None
        with file_errors(Path(self._filepath), self.content, self.remedy):
            return super().load()  # type: ignore[misc]
