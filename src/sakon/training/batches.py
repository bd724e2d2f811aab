"""Batches of a training: how many, how large, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sakon.problem import Examples

MAX_STEPS_PER_EXECUTION = 128


@dataclass(frozen=True)
class EpochPlan:
    """How the examples of an epoch become steps.

    Attributes:
        batch_size: Rows per step.
        steps: Steps per epoch.
        steps_per_execution: Steps per call from Python; see `keras.Model.compile`.
    """

    batch_size: int
    steps: int
    steps_per_execution: int


def plan_epoch(rows: int, batch_size: int, order_free: bool, epochs: float = 1.0) -> EpochPlan:
    """Plan the steps of an epoch.

    The overhead of a call exceeds a small step, so many steps run per call. Where the order of the examples has no
    effect, an epoch uses all rows, in steps of one size but for the last, and runs in one call.

    Args:
        rows: Examples.
        batch_size: Requested rows per step.
        order_free: Whether the order of the examples has no effect.
        epochs: Epochs, or the fraction of one, that the steps make up.
    """
    if order_free:
        steps = min(-(-rows // batch_size), MAX_STEPS_PER_EXECUTION)
        size = -(-rows // steps)
        steps = -(-rows // size)
        return EpochPlan(size, steps, steps)
    size = min(batch_size, rows)
    steps = max(1, round(rows // size * epochs))
    steps_per_execution = steps // max(1, -(-steps // MAX_STEPS_PER_EXECUTION))
    return EpochPlan(size, steps - steps % steps_per_execution, steps_per_execution)


def shuffled_batches(examples: Examples, batch_size: int, steps: int, seed: int, first_epoch: int) -> Any:
    """Return an endless stream of shuffled batches, `steps` of them in the order of each epoch.

    The order of an epoch is a permutation drawn from (seed, epoch) alone. Rows that do not fit into the steps are left
    out of that epoch; another order leaves out others.

    Args:
        examples: Train examples.
        batch_size: Rows per batch, no more than there are.
        steps: Batches per epoch.
        seed: Seed of the order.
        first_epoch: Epoch that the stream begins with, from 0.

    Returns:
        A `tf.data.Dataset` of (x, y), or (x, y, weight).
    """
    import tensorflow as tf

    columns = [tf.constant(column) for column in columns_of(examples)]

    def epoch_of_indices(epoch: Any) -> Any:
        order = _order_of_epoch(len(examples), seed, epoch)
        return tf.data.Dataset.from_tensor_slices(tf.reshape(order[: steps * batch_size], (steps, batch_size)))

    epochs = tf.data.Dataset.counter(start=first_epoch)
    batches = epochs.flat_map(epoch_of_indices).map(lambda index: tuple(tf.gather(column, index) for column in columns))
    return batches.prefetch(tf.data.AUTOTUNE)


def shuffled_order(rows: int, batch_size: int, seed: int, first_step: int, steps: int) -> np.ndarray:
    """Return the rows of some steps of the stream of `shuffled_batches`, (steps · batch_size,).

    Args:
        rows: Examples.
        batch_size: Rows per step.
        seed: Seed of the order.
        first_step: First step, from 0; every epoch has `rows // batch_size`.
        steps: Number of steps.
    """
    in_epoch = rows // batch_size
    epochs = range(first_step // in_epoch, (first_step + steps - 1) // in_epoch + 1)
    orders = [np.asarray(_order_of_epoch(rows, seed, epoch))[: in_epoch * batch_size] for epoch in epochs]
    before = first_step % in_epoch * batch_size
    return np.concatenate(orders)[before : before + steps * batch_size]


def ordered_batches(examples: Examples, batch_size: int) -> Any:
    """Return all rows once, in their own order.

    Args:
        examples: Examples.
        batch_size: Rows per batch; the last batch has the rest.

    Returns:
        A `tf.data.Dataset` of (x, y), or (x, y, weight).
    """
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(columns_of(examples)).batch(batch_size).cache()


def columns_of(examples: Examples) -> tuple[np.ndarray, ...]:
    """Return (x, y), or (x, y, weight) where the examples have weights."""
    x, y, weight = examples.x, examples.y, examples.weight
    return (x, y) if weight is None else (x, y, weight)


def _order_of_epoch(rows: int, seed: int, epoch: Any) -> Any:
    """Return the permutation that (seed, epoch) draws."""
    import tensorflow as tf

    seeds = tf.stack([tf.cast(seed, tf.int64), tf.cast(epoch, tf.int64)])
    return tf.random.experimental.stateless_shuffle(tf.range(rows), seed=seeds)
