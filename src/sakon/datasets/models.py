"""Trained models and fitted preprocessors, stored without pickle."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset
from kedro_datasets.tensorflow import TensorFlowModelDataset

from sakon.datasets.atomic import AtomicMixin, replacing
from sakon.datasets.skops import load


class KerasDataset(AtomicMixin, TensorFlowModelDataset):  # type: ignore[misc]
    """A Keras model as `.keras`, loaded in safe mode."""


class SkopsDataset(AbstractDataset[Any, Any]):
    """A scikit-learn object as `.skops`, loaded with the project's own list of trusted types.

    Args:
        filepath: Path of the file.
        optional: Load `None` where the file does not exist, instead of failing.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(self, *, filepath: str, optional: bool = False, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.optional = optional
        self.metadata = metadata

    def load(self) -> Any:
        """Read the object."""
        if self.optional and not self._filepath.exists():
            return None
        return load(self._filepath)

    def save(self, data: Any) -> None:
        """Write the object."""
        import skops.io

        with replacing(self._filepath) as partial:
            skops.io.dump(data, partial, compression=zipfile.ZIP_DEFLATED)

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
