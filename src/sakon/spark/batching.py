"""The batch size of each worker.

Workers train in parallel: if each used whole batches, N workers would take N times fewer consecutive steps than one
machine. Where that leaves few steps, the workers share each batch, as in Goyal et al. 2017, "Accurate, large minibatch
SGD" (arXiv 1706.02677). Where there are many steps, whole batches are faster.
"""

from __future__ import annotations

from collections.abc import Sequence

MIN_STEPS_WITHOUT_SHARING = 20
"""Steps of a worker per epoch, with whole batches, from which on batches are not shared. With 9 steps sharing improves
accuracy (digits); with 50 steps it does not (housing)."""

MIN_BATCH_SIZE = 8
"""Minimum rows of a worker's step if batches are shared: batch normalization and contrastive losses need several."""


def count_sharing_rows(partition_rows: Sequence[int], batch_size: int, shared_batch: bool | None) -> int:
    """Return how many rows share a batch: those of all partitions, or 0 if every partition uses whole batches.

    Args:
        partition_rows: Rows of every partition.
        batch_size: Rows of a batch.
        shared_batch: The configured choice; `None` to decide by the number of steps.
    """
    if shared_batch is None:
        shared_batch = max(partition_rows) // batch_size < MIN_STEPS_WITHOUT_SHARING
    return sum(partition_rows) if shared_batch else 0


def worker_batch_size(batch_size: int, rows: int, sharing_rows: int) -> int:
    """Return the rows that a worker uses in a step: its share of a batch, or a whole batch.

    With shares, an epoch has as many steps as on one machine, and the workers together use as many rows per step.

    Args:
        batch_size: Rows of the whole batch.
        rows: Rows of the worker's partition.
        sharing_rows: Rows of all partitions; 0 if each uses whole batches.

    Returns:
        At least `MIN_BATCH_SIZE`, or the whole batch if that is smaller.
    """
    if not sharing_rows:
        return batch_size
    return max(round(batch_size * rows / sharing_rows), min(MIN_BATCH_SIZE, batch_size))
