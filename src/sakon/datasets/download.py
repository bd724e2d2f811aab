"""Files that are downloaded once and verified."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError

from sakon.datasets.base import RawDataset


class DownloadDataset(RawDataset):
    """Any file dataset whose file is downloaded at first use.

    An existing file is verified and used without network access.

    Args:
        url: Address of the file.
        sha256: Expected checksum of the file.
        dataset: The Kedro dataset that reads the file; its `filepath` is the path of the download.
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
        """Read the file; download it first if it does not exist.

        Raises:
            DatasetError: If the file has another checksum or cannot be downloaded.
        """
        if self._filepath.exists():
            self._verify()
        else:
            self._download()
        return self._dataset.load()

    def _verify(self) -> None:
        import pooch

        digest = pooch.file_hash(str(self._filepath), alg="sha256")
        if digest != self._sha256:
            raise DatasetError(
                f"{self._filepath}: expected the file of {self._url} with sha256 {self._sha256}, found sha256 {digest} "
                f"({self._filepath.stat().st_size} bytes); it is truncated or another file: delete it to download it "
                f"again."
            )

    def _download(self) -> None:
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
                f"{self._filepath}: the file does not exist and could not be downloaded from {self._url} "
                f"({type(error).__name__}: {str(error).splitlines()[0][:200]}); put it there yourself, or try again "
                f"with network access."
            ) from error

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"url": self._url, "sha256": self._sha256, "filepath": str(self._filepath)}
