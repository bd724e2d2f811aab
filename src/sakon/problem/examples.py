"""Examples as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Examples:
    """Inputs and targets of one split.

    Attributes:
        x: Inputs, (rows, *shape), float32, finite.
        y: Targets: class index (rows,), int32, or standardised value (rows,) or (rows, horizon), float32.
        row: Row number of each example in `records`, (rows,), int64; for a forecast, that of its origin.
        tokens: Token numbers, (rows, steps), int32; `None` if the kind has no tokens.
        weight: Sample weights, (rows,), float32; `None` if all are 1.
    """

    x: np.ndarray
    y: np.ndarray
    row: np.ndarray
    tokens: np.ndarray | None = None
    weight: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.y)
