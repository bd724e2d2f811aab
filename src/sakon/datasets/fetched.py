"""Data sets that a library knows how to fetch, fetched once and used offline ever after."""

from __future__ import annotations

import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError
from pydantic import ValidationError

from sakon.datasets.cached import CachedFile, link_all
from sakon.datasets.network import NotReachedError, patience, reach
from sakon.datasets.sources import SOURCES, Source, status
from sakon.errors import did_you_mean

LONGEST_SILENCE = 15.0


class FetchedDataset(AbstractDataset[NoReturn, Any]):
    """A data set that a library fetches, in the layout in which that library keeps it.

    What lies in the folder, fetched earlier or put there by hand, is verified and used without any
    network; what is missing is fetched by the library's own downloader.

    Args:
        source: `fashion_mnist`, `imdb`, `olivetti_faces` or `openml`.
        filepath: Folder that serves the library as its cache: what `~/.keras` is to Keras and
            `~/scikit_learn_data` to scikit-learn.
        load_args: Arguments of the source, such as `data_id` of `openml`.
        checksums: `md5:…` or `sha256:…` by path within the folder, in place of the library's own: for
            another version of a file.
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
        self._source = _source_of(source, load_args or {})
        self._filepath = Path(filepath)
        self._checksums = checksums or {}
        self.metadata = metadata

    def load(self) -> Any:
        """Read the data set, fetching first what is not there.

        Returns:
            What the kind of the data expects: named arrays of images, or a table.

        Raises:
            DatasetError: If a file has another checksum, or cannot be fetched.
        """
        reading = f"Reading {self._name} from {self._filepath}"
        with status(reading):
            missing = self._missing(self._filepath)
        if missing:
            self._fetch(missing)
        with status(reading):
            return self._source.read(self._filepath)

    def _files(self, folder: Path) -> tuple[CachedFile, ...]:
        files = self._source.files(folder)
        return tuple(replace(file, checksum=self._checksums.get(file.path, file.checksum)) for file in files)

    def _missing(self, folder: Path) -> tuple[CachedFile, ...]:
        """Return the files that are not in a folder, after those that are there were verified."""
        files = self._files(folder)
        missing = tuple(file for file in files if not (folder / file.path).is_file())
        faults = [fault for file in files if file not in missing and (fault := file.fault(folder)) is not None]
        if faults:
            raise DatasetError(" ".join(faults))
        return missing

    def _fetch(self, missing: tuple[CachedFile, ...]) -> None:
        """Fetch into a folder of its own; what is whole and verified then takes its place."""
        self._filepath.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._filepath, prefix=".fetching.") as folder:
            fetched = Path(folder)
            link_all(self._files(self._filepath), self._filepath, fetched)
            try:
                reach(missing[0].url, LONGEST_SILENCE)
                with patience(LONGEST_SILENCE), warnings.catch_warnings(action="ignore"):
                    self._source.fetch(missing, fetched)
                if lacking := self._missing(fetched):
                    raise FileNotFoundError(", ".join(file.path for file in lacking))
            # Keras raises a bare Exception for every fault of the network.
            except Exception as error:
                raise DatasetError(self._sentence(missing, error)) from None
            for file in self._files(fetched):
                place = self._filepath / file.path
                place.parent.mkdir(parents=True, exist_ok=True)
                (fetched / file.path).replace(place)

    def _sentence(self, missing: tuple[CachedFile, ...], error: Exception) -> str:
        if len(missing) == 1:
            what, them = f"{self._filepath / missing[0].path}: the file is not there", "it"
        else:
            what, them = f"{self._filepath}: {', '.join(file.path for file in missing)} are not there", "them"
        told = " ".join(str(error).split())[:200]
        if isinstance(error, NotReachedError):
            why = f"the network was not reached ({missing[0].url}: {told})"
        else:
            why = f"{self._source.library} could not fetch {them} ({type(error).__name__}: {told})"
        return f"{what} and {why}; put {them} there by hand ({self._source.hint}), or try again with a network."

    def save(self, data: NoReturn) -> None:
        """Refuse: raw data are read, never written."""
        raise DatasetError("Raw data are read, never written.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"source": self._name, "filepath": str(self._filepath)}


def _source_of(name: str, arguments: dict[str, Any]) -> Source:
    if name not in SOURCES:
        raise DatasetError(f"source: expected a data set that is known, found '{name}'{did_you_mean(name, SOURCES)}")
    try:
        return SOURCES[name].model_validate(arguments)
    except ValidationError as error:
        faults = [f"load_args.{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise DatasetError(f"Source {name}: {'; '.join(faults)}.") from None
