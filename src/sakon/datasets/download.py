"""Files fetched once, verified, and used offline ever after."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError


class DownloadDataset(AbstractDataset[NoReturn, Any]):
    """Any file dataset whose file is downloaded at first use.

    A file already in place is verified and used without any network.

    Args:
        url: Address of the file.
        sha256: Checksum that the file must have.
        dataset: The Kedro dataset that reads the file; its `filepath` is where the file is kept.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(
        self, *, url: str, sha256: str, dataset: dict[str, Any], metadata: dict[str, Any] | None = None
    ) -> None:
        self._url = url
        self._sha256 = sha256
        self._filepath = Path(dataset["filepath"])
        self._dataset: AbstractDataset[Any, Any] = AbstractDataset.from_config("raw", dataset)
        self.metadata = metadata

    def load(self) -> Any:
        """Read the file, fetching it first if it is not there.

        Raises:
            DatasetError: If the file has another checksum, or cannot be fetched.
        """
        if self._filepath.exists():
            self._verify()
        else:
            self._fetch()
        return self._dataset.load()

    def _verify(self) -> None:
        import pooch

        found = pooch.file_hash(str(self._filepath), alg="sha256")
        if found != self._sha256:
            raise DatasetError(
                f"{self._filepath}: expected the file of {self._url} with sha256 {self._sha256}, found sha256 {found} "
                f"({self._filepath.stat().st_size} bytes); it is truncated or another file: remove it to fetch it anew."
            )

    def _fetch(self) -> None:
        import pooch
        import requests

        try:
            pooch.retrieve(
                self._url,
                known_hash=f"sha256:{self._sha256}",
                fname=self._filepath.name,
                path=self._filepath.parent,
                progressbar=True,
            )
        except (requests.RequestException, OSError, ValueError) as error:
            raise DatasetError(
                f"{self._filepath}: the file is not there and could not be downloaded from {self._url} "
                f"({type(error).__name__}: {str(error).splitlines()[0][:200]}); put it there by hand, or try again "
                f"with a network."
            ) from error

    def save(self, data: NoReturn) -> None:
        """Refuse: raw data are read, never written."""
        raise DatasetError("Raw data are read, never written.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"url": self._url, "sha256": self._sha256, "filepath": str(self._filepath)}
