"""How many rows a worker takes in a step.

Workers learn beside each other: if each took whole batches, N of them would take N times fewer steps one after another
than one machine does. Where that leaves few, they share each batch, as in Goyal et al. 2017, "Accurate, large minibatch
SGD" (arXiv 1706.02677); where steps abound, whole batches are sooner done.
"""

from __future__ import annotations

from collections.abc import Sequence

ENOUGH_STEPS = 20
"""Of a worker's epoch, with whole batches: of 9 each counts (digits); with 50 small batches do no good (housing)."""

LEAST_BATCH = 8
"""Rows of a step at least, however many share a batch: normalisation and contrast need company beside a row."""


def rows_sharing(partitions: Sequence[int], batch_size: int, shared: bool | None) -> int:
    """Return how many rows share a batch: all, or 0 if every partition takes a whole one.

    Args:
        partitions: Rows of each.
        batch_size: Rows of a batch.
        shared: What was chosen; None where the steps decide.
    """
    if shared is None:
        shared = max(partitions) // batch_size < ENOUGH_STEPS
    return sum(partitions) if shared else 0


def batch_share(batch_size: int, rows: int, sharing: int) -> int:
    """Return the rows that a partition takes in a step, its share of a batch that all partitions have in common.

    So an epoch has as many steps as on one machine, and the steps that workers take at a time as many rows together.

    Args:
        batch_size: Rows of the whole batch.
        rows: Of the partition.
        sharing: Of all partitions; 0 if each takes a whole batch.

    Returns:
        At least `LEAST_BATCH` rows, or the whole batch if that is smaller.
    """
    return max(round(batch_size * rows / sharing), min(LEAST_BATCH, batch_size)) if sharing else batch_size
