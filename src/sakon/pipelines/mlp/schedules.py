"""Schedules of RealMLP: factors in [0, 1] by the share of the training that is done (arXiv 2407.04491, section 3)."""

from __future__ import annotations

from math import pi

from sakon.backends import Tensor
from sakon.lazy import keras

CYCLES = 4


def rate_factor(progress: Tensor) -> Tensor:
    """Return the factor of the learning rate: four cosine cycles, each twice as long as the one before ("coslog4").

    Args:
        progress: Steps done / steps of the training, in [0, 1].
    """
    return 0.5 * (1 - keras.ops.cos(2 * pi * keras.ops.log2(1 + (2**CYCLES - 1) * progress)))


def regularization_factor(progress: Tensor) -> Tensor:
    """Return the factor of dropout and of weight decay: 1 in the first half, then a cosine to 0 ("flat_cos").

    Args:
        progress: Steps done / steps of the training, in [0, 1].
    """
    return 0.5 * (1 + keras.ops.cos(pi * (keras.ops.maximum(1.0, 2 * progress) - 1)))
