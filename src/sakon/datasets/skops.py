"""scikit-learn objects in the skops format, without pickle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sakon.atomic import atomic_write
from sakon.datasets.base import FileDataset
from sakon.models.formats import load_skops, save_skops


class SkopsDataset(FileDataset):
    """A scikit-learn object as `.skops`; only the types that the project trusts are loaded."""

    content = "skops file"

    def _read(self, path: Path) -> Any:
        return load_skops(path)

    def save(self, data: Any) -> None:
        """Write the object."""
        with atomic_write(self._filepath) as temporary:
            save_skops(data, temporary)
