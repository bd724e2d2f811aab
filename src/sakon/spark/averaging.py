"""From the variables of the workers to those of one model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np


def weighted_mean(variables: Sequence[Sequence[np.ndarray]], rows: Sequence[int]) -> list[np.ndarray]:
    """Return the mean of the workers' variables, weighted by the rows that each worker was trained on.

    McMahan et al. 2017 (arXiv 1602.05629), algorithm 1. Integers (counters, states of random generators) have no
    mean: those of the first worker are returned. Sums are computed in double precision, in the order of the workers,
    so that the same input gives the same bits.

    Args:
        variables: For every worker all variables, in the same order.
        rows: Rows of every worker, at least 1.

    Returns:
        One array for every variable, of the same type.
    """
    if len(variables) == 1:
        return list(variables[0])
    shares = np.asarray(rows) / sum(rows)
    return [
        _weighted_sum(values, shares) if np.issubdtype(values[0].dtype, np.floating) else values[0]
        for values in zip(*variables, strict=True)
    ]


def _weighted_sum(values: Sequence[np.ndarray], shares: np.ndarray) -> np.ndarray:
    total = np.zeros(values[0].shape)
    for value, share in zip(values, shares, strict=True):
        total += share * value
    return total.astype(values[0].dtype)


def sum_over_workers(sums: Sequence[Sequence[np.ndarray]]) -> list[np.ndarray]:
    """Return the total of the sums over each worker's rows, in double precision and in the order of the workers."""
    return [
        np.sum([np.asarray(value, dtype=float) for value in values], axis=0).astype(values[0].dtype)
        for values in zip(*sums, strict=True)
    ]


@dataclass
class OuterOptimizer:
    """An optimizer whose gradient is the averaged change of the weights in a round; it sets where the next one starts.

    Momentum over rounds: DiLoCo (Douillard et al. 2023, arXiv 2311.08105, algorithm 1). With learning rate 1 and no
    momentum, the next round starts from the average.

    Attributes:
        learning_rate: Factor of the change.
        momentum: Momentum of the change, in [0, 1).
        nesterov: Whether to use Nesterov momentum.
        velocity: One array for every weight; empty before the first round.
        next_start: The weights that the next round starts from; empty before the first round, and where these are the
            average.
    """

    learning_rate: float = 1.0
    momentum: float = 0.0
    nesterov: bool = True
    velocity: list[np.ndarray] = field(default_factory=list)
    next_start: list[np.ndarray] = field(default_factory=list)

    def step(self, before: Sequence[np.ndarray], after: Sequence[np.ndarray]) -> None:
        """Compute where the next round starts.

        Args:
            before: The weights that this round started from.
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
        self.next_start = [
            (begin + self.learning_rate * step).astype(begin.dtype) for begin, step in zip(before, steps, strict=True)
        ]

    def state(self) -> list[np.ndarray]:
        """Return the arrays that `restore` needs: velocity, then start."""
        return [*self.velocity, *self.next_start]

    def restore(self, state: Sequence[np.ndarray]) -> None:
        """Resume from what `state` returned."""
        half = len(state) // 2
        self.velocity, self.next_start = list(state[:half]), list(state[half:])
