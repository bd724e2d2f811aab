"""Files that appear complete or not at all."""

from __future__ import annotations

import os
import shutil
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from kedro.io import AbstractDataset


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; it takes the place of `path` when all went well.

    A reader sees the old file or the new one, never a part: the new file is on disk before the
    rename, which is atomic within a folder.

    Args:
        path: The file to write or replace; missing folders are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{os.getpid()}.partial.{path.name}")
    try:
        yield partial
        with partial.open("rb+") as written:
            os.fsync(written.fileno())
        put_in_place(partial, path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yield a folder beside `path` to write to; it takes the place of `path`, file or folder, when all went well.

    Args:
        path: The folder to write or replace; missing folders above it are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{os.getpid()}.partial.{path.name}")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        yield partial
        put_in_place(partial, path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def put_in_place(made: Path, path: Path) -> None:
    """Let a whole file or folder take the place of what is at `path`: a folder there is moved aside first."""
    aside = path.with_name(f".{os.getpid()}.old.{path.name}")
    if path.is_dir() or (made.is_dir() and path.exists()):
        path.rename(aside)
    made.replace(path)
    if aside.is_dir():
        shutil.rmtree(aside)
    else:
        aside.unlink(missing_ok=True)


class WholeFileDataset(AbstractDataset[Any, Any]):
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
        with replacing(Path(whole)) as partial:
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
