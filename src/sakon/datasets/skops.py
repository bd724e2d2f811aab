"""Loading scikit-learn objects with a fixed list of trusted types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TRUSTED = (
    "numpy.dtype",
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
