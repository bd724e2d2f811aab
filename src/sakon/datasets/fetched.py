"""Data sets that Keras or scikit-learn downloads, once, for use without network access."""

from __future__ import annotations

import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import DatasetError
from pydantic import ValidationError

from sakon.datasets.base import RawDataset
from sakon.datasets.library_files import CachedFile, link_files
from sakon.datasets.library_sources import SOURCES, LibrarySource, show_status
from sakon.datasets.network import UnreachableError, check_reachable, default_socket_timeout
from sakon.errors import did_you_mean

if TYPE_CHECKING:
    from sakon.datasets.library_sources import RawData

TIMEOUT = 15.0
"""Seconds to wait for a response of the server."""
MAX_MESSAGE = 200
"""Characters of a library's error message that are repeated."""


class FetchedDataset(RawDataset):
    """A data set that a library downloads, with the files that the library stores in its cache folder.

    Existing files, whether downloaded earlier or copied there, are verified and used without network access. Missing
    files are downloaded by the library.

    Args:
        source: `fashion_mnist`, `imdb`, `olivetti_faces` or `openml`.
        filepath: Cache folder, with the layout of `~/.keras` (Keras) or `~/scikit_learn_data` (scikit-learn).
        load_args: Arguments of the source, such as `data_id` of `openml`.
        checksums: `md5:…` or `sha256:…` by path within the folder, in place of the library's checksums: for another
            version of a file.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(
        self,
        *,
        source: str,
        filepath: str,
        load_args: dict[str, Any] | None = None,
        checksums: dict[str, str] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._name = source
        self._source = _create_source(source, load_args or {})
        self._filepath = Path(filepath)
        self._checksums = checksums or {}
        self.metadata = metadata

    def load(self) -> RawData:
        """Read the data set; download missing files first.

        Returns:
            The raw data of the kind: arrays by name (images), or a table.

        Raises:
            DatasetError: If a file has another checksum or cannot be downloaded.
        """
        status = f"Reading {self._name} from {self._filepath}"
        with show_status(status):
            missing = self._missing_files(self._filepath)
        if missing:
            self._download(missing)
        with show_status(status):
            return self._source.read(self._filepath)

    def _files(self, folder: Path) -> tuple[CachedFile, ...]:
        files = self._source.files(folder)
        return tuple(replace(file, checksum=self._checksums.get(file.path, file.checksum)) for file in files)

    def _missing_files(self, folder: Path) -> tuple[CachedFile, ...]:
        """Verify the files in a folder and return those that are missing."""
        files = self._files(folder)
        missing = tuple(file for file in files if not (folder / file.path).is_file())
        errors = [error for file in files if file not in missing and (error := file.verify(folder)) is not None]
        if errors:
            raise DatasetError(" ".join(errors))
        return missing

    def _download(self, missing: tuple[CachedFile, ...]) -> None:
        """Download into a temporary folder, verify the files, and move them to their paths."""
        self._filepath.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._filepath, prefix=".fetching.") as folder:
            temporary = Path(folder)
            link_files(self._files(self._filepath), self._filepath, temporary)
            try:
                check_reachable(missing[0].url, TIMEOUT)
                with default_socket_timeout(TIMEOUT), warnings.catch_warnings(action="ignore"):
                    self._source.fetch(missing, temporary)
                if still_missing := self._missing_files(temporary):
                    raise FileNotFoundError(", ".join(file.path for file in still_missing))
            # Keras raises a bare Exception for every network error.
            except Exception as error:
                raise DatasetError(self._download_error(missing, error)) from None
            for file in self._files(temporary):
                path = self._filepath / file.path
                path.parent.mkdir(parents=True, exist_ok=True)
                (temporary / file.path).replace(path)

    def _download_error(self, missing: tuple[CachedFile, ...], error: Exception) -> str:
        if len(missing) == 1:
            problem, pronoun = f"{self._filepath / missing[0].path}: the file does not exist", "it"
        else:
            problem = f"{self._filepath}: {', '.join(file.path for file in missing)} do not exist"
            pronoun = "them"
        message = " ".join(str(error).split())[:MAX_MESSAGE]
        if isinstance(error, UnreachableError):
            reason = f"the server is not reachable ({missing[0].url}: {message})"
        else:
            reason = f"{self._source.library} could not download {pronoun} ({type(error).__name__}: {message})"
        return (
            f"{problem}, and {reason}; put {pronoun} there yourself ({self._source.hint}), or try again with network "
            f"access."
        )

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"source": self._name, "filepath": str(self._filepath)}


def _create_source(name: str, arguments: dict[str, Any]) -> LibrarySource:
    if name not in SOURCES:
        raise DatasetError(f"source: unknown data set '{name}'{did_you_mean(name, SOURCES)}")
    try:
        return SOURCES[name].model_validate(arguments)
    except ValidationError as error:
        messages = [f"load_args.{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise DatasetError(f"Source {name}: {'; '.join(messages)}.") from None
