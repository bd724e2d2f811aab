"""Data that come with a library."""

from __future__ import annotations

from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError


class BundledDataset(AbstractDataset[NoReturn, Any]):
    """A data set that scikit-learn ships: no file, no download.

    Args:
        loader: Name of a `sklearn.datasets.load_…` function, such as `load_digits`.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(self, *, loader: str, metadata: dict[str, Any] | None = None) -> None:
        self._loader = loader
        self.metadata = metadata

    def load(self) -> Any:
        """Return what the loader gives: a mapping of arrays."""
        from sklearn import datasets

        if not self._loader.startswith("load_") or not hasattr(datasets, self._loader):
            raise DatasetError(
                f"loader: expected a function of sklearn.datasets such as load_digits, found '{self._loader}'."
            )
        return getattr(datasets, self._loader)()

    def save(self, data: NoReturn) -> None:
        """Refuse: these data are read-only."""
        raise DatasetError("Data that come with a library are read, never written.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"loader": self._loader}
