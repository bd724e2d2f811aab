"""Shapes of conditional generators, and the arguments that follow from a problem."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypedDict

import numpy as np

from sakon.problem import InputSpec

MAX_SIDE = 32
"""Side of the largest images that networks read; larger images are resized."""
MIN_SIDE = 4
"""Side below which images are not halved further."""
SNAPSHOTS = 6

Padding = tuple[tuple[int, int], tuple[int, int]]


class GeneratorArguments(TypedDict):
    """Arguments of `families.conditional.ConditionalGenerator`."""

    shape: tuple[int, ...]
    classes: int
    horizon: int
    snapshot_epochs: tuple[int, ...]
    seed: int
    decay: float
    name: str


def working_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape that networks work on: images of at most `MAX_SIDE` by `MAX_SIDE`; other examples flattened.

    Args:
        shape: Shape of one example, without the batch axis.
    """
    if len(shape) != 3:
        return (math.prod(shape),)
    factor = min(1.0, MAX_SIDE / max(shape[:2]))
    return (max(1, round(shape[0] * factor)), max(1, round(shape[1] * factor)), shape[2])


def condition_width(classes: int, horizon: int = 0) -> int:
    """Return the width of an encoded target: one per class; for numbers, their count plus one (a constant 1)."""
    return classes or (horizon or 1) + 1


def uses_convolutions(shape: tuple[int, ...], min_side: int) -> bool:
    """Return whether examples are images whose shorter side is at least `min_side`."""
    return len(shape) == 3 and min(shape[:2]) >= min_side


def count_halvings(shape: tuple[int, ...]) -> int:
    """Return how often an image can be halved before a side is smaller than `MIN_SIDE`."""
    return max(0, int(math.log2(max(1, min(shape[:2]) / MIN_SIDE))))


def halving_padding(shape: tuple[int, ...], halvings: int) -> Padding:
    """Return the rows and columns to add around an image so that it can be halved `halvings` times."""
    height, width = (-side % 2**halvings for side in shape[:2])
    return (height // 2, height - height // 2), (width // 2, width - width // 2)


def filters_at(filters: Sequence[int], level: int) -> int:
    """Return the channels at a resolution, 0 being the finest; the last of `filters` applies to all coarser ones."""
    return filters[min(level, len(filters) - 1)]


def snapshot_epochs(epochs: int) -> tuple[int, ...]:
    """Return the epochs after which a snapshot of samples is taken: close together at first, when samples change most.

    Args:
        epochs: Maximum number of epochs.
    """
    return tuple(sorted({round(epoch) for epoch in np.geomspace(1, epochs, SNAPSHOTS)}))


def generator_arguments(input_spec: InputSpec, epochs: int, seed: int, decay: float, name: str) -> GeneratorArguments:
    """Return the arguments of a `ConditionalGenerator` for a problem.

    Args:
        input_spec: Inputs and targets.
        epochs: Maximum number of epochs.
        seed: Seed of the training noise.
        decay: Decay of the moving average of the weights.
        name: Name of the network.
    """
    return {
        "shape": input_spec.shape,
        "classes": len(input_spec.classes),
        "horizon": input_spec.horizon,
        "snapshot_epochs": snapshot_epochs(epochs),
        "seed": seed,
        "decay": decay,
        "name": name,
    }
