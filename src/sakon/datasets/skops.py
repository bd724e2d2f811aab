"""scikit-learn objects, stored without pickle and loaded with a fixed list of trusted types."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from sakon.datasets.atomic import WholeFileDataset, replacing

TRUSTED = (
    "numpy.dtype",
    "sakon.families.holt_winters.HoltWinters",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
)


def load(path: Path) -> Any:
    """Read a `.skops` file.

    Raises:
        ValueError: If the file holds a type that is not trusted; nothing of it has run then.
    """
    import skops.io

    strange = set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED)
    if strange:
        raise ValueError(
            f"{path}: expected only types that Sakon trusts, found {sorted(strange)}; the file was not made by "
            f"this version of Sakon, or was changed: train the family again."
        )
    return skops.io.load(path, trusted=list(TRUSTED))


def dump(data: Any, path: Path) -> None:
    """Write a `.skops` file."""
    import skops.io

    skops.io.dump(data, path, compression=zipfile.ZIP_DEFLATED)


class SkopsDataset(WholeFileDataset):
    """A scikit-learn object as `.skops`, loaded with the project's own list of trusted types."""

    def _read(self, path: Path) -> Any:
        return load(path)

    def save(self, data: Any) -> None:
        """Write the object."""
        with replacing(self._filepath) as partial:
            dump(data, partial)
