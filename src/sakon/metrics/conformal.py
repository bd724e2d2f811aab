"""Split conformal prediction: intervals with guaranteed coverage for any model.

Source: Vovk, Gammerman & Shafer, "Algorithmic learning in a random world", Springer 2005; Lei, G'Sell,
Rinaldo, Tibshirani & Wasserman, "Distribution-free predictive inference for regression", JASA 113, 2018,
algorithm 2 and theorem 2.2.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import numpy as np


def half_width(errors: np.ndarray, level: float) -> np.ndarray:
    """Return half the width of a prediction interval: the ⌈(n + 1) level⌉-th smallest of n absolute errors.

    Prediction ± half width covers a new target with probability at least `level`, and at most `level` + 1 / (n + 1)
    if no absolute errors are equal. The only assumption is exchangeability: calibration and new records come from
    the same distribution, in any order, and the model was not fitted on the calibration records. The probability is
    over calibration and new records together; it does not hold for every subgroup of records.

    Args:
        errors: Target minus prediction on calibration records, (rows,) or (rows, steps).
        level: Coverage, in (0, 1).

    Returns:
        Half the width of the interval, in the unit of the errors, () or (steps,); infinite if there are fewer rows
        than `level` / (1 − `level`), which are too few for this coverage.

    Raises:
        ValueError: If the level is not in (0, 1).
    """
    if not 0 < level < 1:
        raise ValueError(f"expected a level between 0 and 1, found {level}")
    rows = len(errors)
    rank = ceil((rows + 1) * Fraction(str(level)))  # in floating point, 100 · 0.55 is more than 55
    if rank > rows:
        return np.full(errors.shape[1:], np.inf)
    return np.asarray(np.sort(np.abs(errors), axis=0)[rank - 1])
