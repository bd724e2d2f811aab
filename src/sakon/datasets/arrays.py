"""Named NumPy arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from kedro.io import DatasetError

from sakon.datasets.base import RawDataset


class ArraysDataset(RawDataset):
    """Named arrays from one `.npz` file, or from a folder of `.npy` files named after their array.

    Pickled content is not read.

    Args:
        filepath: Path of the `.npz` file or of the folder.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> dict[str, np.ndarray]:
        """Return all arrays by name.

        Raises:
            DatasetError: If the file is missing or truncated, or contains Python objects.
        """
        try:
            if self._filepath.is_dir():
                return {path.stem: np.load(path, allow_pickle=False) for path in sorted(self._filepath.glob("*.npy"))}
            with np.load(self._filepath, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}
        except Exception as error:  # a damaged archive raises whatever its bytes lead to
            raise DatasetError(
                f"{self._filepath}: expected an .npz file of plain arrays, could not read it ({error}); "
                f"save it again with numpy.savez."
            ) from error

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
