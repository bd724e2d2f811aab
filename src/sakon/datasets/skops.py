"""scikit-learn objects, stored without pickle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sakon.atomic import atomic_write
from sakon.datasets.base import FileDataset
from sakon.models.formats import load_skops, save_skops


class SkopsDataset(FileDataset):
    """A scikit-learn object as `.skops`, loaded with the project's own list of trusted types."""

    def _read(self, path: Path) -> Any:
        return load_skops(path)

    def save(self, data: Any) -> None:
        """Write the object."""
        with atomic_write(self._filepath) as partial:
            save_skops(data, partial)
