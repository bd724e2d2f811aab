"""How the answers of workers become one model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np


def averaged(answers: Sequence[Sequence[np.ndarray]], rows: Sequence[int]) -> list[np.ndarray]:
    """Return the mean of the workers' variables, each weighing as many rows as it has learnt from.

    McMahan et al. 2017 (arXiv 1602.05629), algorithm 1. Whole numbers (counters, states of random numbers) have no
    mean: the first answer's are kept. Sums are taken in double precision, in the order of the answers, so that the
    same answers give the same bits.

    Args:
        answers: Of every worker all variables, in one order.
        rows: Rows that each has learnt from, at least 1.

    Returns:
        One array for every variable, of its own type.
    """
    if len(answers) == 1:
        return list(answers[0])
    shares = np.asarray(rows, dtype=float) / sum(rows)
    return [
        _mean(values, shares) if np.issubdtype(values[0].dtype, np.floating) else values[0]
        for values in zip(*answers, strict=True)
    ]


def _mean(values: Sequence[np.ndarray], shares: np.ndarray) -> np.ndarray:
    total = np.zeros(values[0].shape)
    for value, share in zip(values, shares, strict=True):
        total += share * value
    return total.astype(values[0].dtype)


def totals(answers: Sequence[Sequence[np.ndarray]]) -> list[np.ndarray]:
    """Return the sums of what workers have summed over their own rows, in double precision and in order."""
    return [
        np.sum([np.asarray(value, dtype=float) for value in values], axis=0).astype(values[0].dtype)
        for values in zip(*answers, strict=True)
    ]


@dataclass
class OuterOptimizer:
    """Takes the averaged change of the weights as the master's gradient, and so chooses where the next round begins.

    Momentum on the change of every round: DiLoCo (Douillard et al. 2023, arXiv 2311.08105, algorithm 1). With rate 1
    and no momentum a round begins with the average itself.

    Attributes:
        learning_rate: Share of the change that is taken.
        momentum: Of the change, in [0, 1).
        nesterov: Whether momentum looks ahead.
        velocity: One array for every weight, zeros at first.
        start: The weights that the next round begins with; empty before the first, and where it is the average.
    """

    learning_rate: float = 1.0
    momentum: float = 0.0
    nesterov: bool = True
    velocity: list[np.ndarray] = field(default_factory=list)
    start: list[np.ndarray] = field(default_factory=list)

    def step(self, before: Sequence[np.ndarray], after: Sequence[np.ndarray]) -> None:
        """Choose where the next round begins.

        Args:
            before: The weights that this round began with.
            after: The average of the workers' weights.
        """
        if self.learning_rate == 1 and self.momentum == 0:
            return
        changes = [end - begin for begin, end in zip(before, after, strict=True)]
        velocity = self.velocity or [np.zeros_like(change) for change in changes]
        self.velocity = [self.momentum * old + change for old, change in zip(velocity, changes, strict=True)]
        steps = self.velocity
        if self.nesterov:
            steps = [change + self.momentum * new for change, new in zip(changes, self.velocity, strict=True)]
        self.start = [
            (begin + self.learning_rate * step).astype(begin.dtype) for begin, step in zip(before, steps, strict=True)
        ]

    def state(self) -> list[np.ndarray]:
        """Return what it must know to go on: velocity, then start."""
        return [*self.velocity, *self.start]

    def restore(self, state: Sequence[np.ndarray]) -> None:
        """Go on from a `state`."""
        half = len(state) // 2
        self.velocity, self.start = list(state[:half]), list(state[half:])
