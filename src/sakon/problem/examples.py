"""Examples as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Examples:
    """Examples as a model reads them: train, validation or test.

    Attributes:
        x: Inputs, (rows, *shape), float32 or int32, finite.
        y: Target: int32 class index (rows,), float32 standardised value (rows,) or values (rows, horizon).
        row: Index of each example in `records`, (rows,), int64; of a forecast, its last known moment.
        tokens: The same examples token by token, (rows, steps), int32, where the kind has tokens.
        weight: How much each example counts, (rows,), float32, where they do not count alike.
    """

    x: np.ndarray
    y: np.ndarray
    row: np.ndarray
    tokens: np.ndarray | None = None
    weight: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.y)
