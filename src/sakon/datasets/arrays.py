"""Named NumPy arrays."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from kedro.io import AbstractDataset, DatasetError


class ArraysDataset(AbstractDataset[NoReturn, dict[str, np.ndarray]]):
    """Named arrays from one `.npz` file, or from a folder of `.npy` files named after their array.

    Nothing pickled is read.

    Args:
        filepath: Path of the `.npz` file or of the folder.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> dict[str, np.ndarray]:
        """Read all arrays.

        Raises:
            DatasetError: If the file is missing, truncated, or holds Python objects.
        """
        try:
            if self._filepath.is_dir():
                return {path.stem: np.load(path, allow_pickle=False) for path in sorted(self._filepath.glob("*.npy"))}
            with np.load(self._filepath, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}
        except (ValueError, EOFError, OSError, zipfile.BadZipFile, AttributeError) as error:
            raise DatasetError(
                f"{self._filepath}: expected a whole .npz file of plain arrays, found otherwise ({error}); "
                f"save it anew with numpy.savez."
            ) from error

    def save(self, data: NoReturn) -> None:
        """Refuse: raw data are read, never written."""
        raise DatasetError("Raw arrays are read, never written.")

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
