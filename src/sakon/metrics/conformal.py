"""Intervals that hold whatever the model: split-conformal prediction.

Source: Vovk, Gammerman & Shafer, "Algorithmic learning in a random world", Springer 2005; Lei, G'Sell,
Rinaldo, Tibshirani & Wasserman, "Distribution-free predictive inference for regression", JASA 113, 2018,
algorithm 2 and theorem 2.2.
"""

from __future__ import annotations

from math import ceil

import numpy as np


def half_width(errors: np.ndarray, level: float) -> np.ndarray:
    """Return how far the truth may lie from a prediction: the ⌈(n + 1) level⌉-th smallest of n absolute errors.

    Prediction ± half width covers a new target with a probability of at least `mean_target`, and of at most
    `mean_target` + 1 / (n + 1) where errors do not tie. The one assumption is exchangeability: calibration and new
    records must be drawn alike, in any order, and the model must not have been fitted on them. The
    probability is over calibration and new records together; it is no promise for every kind of record.

    Args:
        errors: Actual minus predicted on calibration records, (rows,) or (rows, steps).
        level: Coverage wanted, in (0, 1).

    Returns:
        Half the width of the interval, in the unit of the errors, () or (steps,); infinite where there are
        fewer rows than `mean_target` / (1 − `mean_target`), which cannot promise so much.

    Raises:
        ValueError: If the level is not in (0, 1).
    """
    if not 0 < level < 1:
        raise ValueError(f"expected a level between 0 and 1, found {level}")
    rows = len(errors)
    rank = ceil(round((rows + 1) * level, 9))  # 20 · 0.95 is 19, whatever floats make of it
    if rank > rows:
        return np.full(errors.shape[1:], np.inf)
    return np.asarray(np.partition(np.abs(errors), rank - 1, axis=0)[rank - 1])
