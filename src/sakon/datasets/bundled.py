"""Data sets that scikit-learn includes."""

from __future__ import annotations

from typing import Any

from kedro.io import DatasetError

from sakon.datasets.base import RawDataset


class BundledDataset(RawDataset):
    """A data set that is part of scikit-learn; it needs no file and no download.

    Args:
        loader: Name of a `sklearn.datasets.load_…` function, such as `load_digits`.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(self, *, loader: str, metadata: dict[str, Any] | None = None) -> None:
        self._loader = loader
        self.metadata = metadata

    def load(self) -> Any:
        """Return the arrays by name, as a scikit-learn `Bunch`.

        Raises:
            DatasetError: If the loader does not exist.
        """
        from sklearn import datasets

        if not self._loader.startswith("load_") or not hasattr(datasets, self._loader):
            raise DatasetError(
                f"loader: expected a function of sklearn.datasets such as load_digits, found '{self._loader}'."
            )
        return getattr(datasets, self._loader)()

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"loader": self._loader}
