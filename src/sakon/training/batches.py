"""Batches of a training: how many, how large, and in which order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sakon.problem import Examples

MAX_ORDER_FREE_STEPS = 128
"""Steps of an epoch where the order has no effect."""
MAX_VALIDATION_STEPS = 128


@dataclass(frozen=True)
class EpochPlan:
    """How the examples of an epoch become steps.

    Attributes:
        batch_size: Rows per step.
        steps: Steps per epoch.
    """

    batch_size: int
    steps: int


def plan_epoch(rows: int, batch_size: int, order_free: bool, epochs: float = 1.0) -> EpochPlan:
    """Plan the steps of an epoch.

    Where the order of the examples has no effect, an epoch uses all rows, in large steps of one size but for the last.

    Args:
        rows: Examples.
        batch_size: Requested rows per step.
        order_free: Whether the order of the examples has no effect.
        epochs: Epochs, or the fraction of one, that the steps make up.
    """
    if order_free:
        steps = min(-(-rows // batch_size), MAX_ORDER_FREE_STEPS)
        size = -(-rows // steps)
        return EpochPlan(size, -(-rows // size))
    size = min(batch_size, rows)
    return EpochPlan(size, max(1, round(rows // size * epochs)))


def shuffled_steps(rows: int, batch_size: int, seed: int, first_step: int, steps: int) -> np.ndarray:
    """Return the rows of some steps of an endless stream of shuffled batches, (steps, batch_size).

    The order of an epoch is a permutation drawn from (seed, epoch) alone, equal on every backend. Rows that do not fit
    into its steps are left out of that epoch; another order leaves out others.

    Args:
        rows: Examples, at least `batch_size`.
        batch_size: Rows per step.
        seed: Seed of the order.
        first_step: First step, from 0; every epoch has `rows // batch_size`.
        steps: Number of steps.
    """
    in_epoch = rows // batch_size
    epochs = range(first_step // in_epoch, (first_step + steps - 1) // in_epoch + 1)
    orders = [_order_of_epoch(rows, seed, epoch)[: in_epoch * batch_size] for epoch in epochs]
    before = first_step % in_epoch * batch_size
    return np.concatenate(orders)[before : before + steps * batch_size].reshape(steps, batch_size)


def ordered_steps(rows: int, batch_size: int) -> list[np.ndarray]:
    """Return all rows once, in their own order: an array (steps, batch_size), and one (1, rest) if rows are left."""
    order, full = np.arange(rows), rows // batch_size
    whole, rest = order[: full * batch_size].reshape(full, batch_size), order[full * batch_size :]
    return [steps for steps in (whole, rest[None]) if steps.size]


def epoch_steps(rows: int, plan: EpochPlan, seed: int, first_step: int, order_free: bool) -> list[np.ndarray]:
    """Return the rows of the steps of an epoch, arrays (steps, batch): shuffled, or in order where it has no effect.

    Args:
        rows: Train examples.
        plan: Plan of the epoch.
        seed: Seed of the order.
        first_step: First step of the epoch among all of the training, from 0.
        order_free: Whether the order of the examples has no effect.
    """
    if order_free:
        return ordered_steps(rows, plan.batch_size)
    return [shuffled_steps(rows, plan.batch_size, seed, first_step, plan.steps)]


def validation_steps(rows: int, batch_size: int, plan: EpochPlan) -> list[np.ndarray]:
    """Return the rows of the steps of validation: batches, or larger ones where there would be more than in training.

    Args:
        rows: Validation examples.
        batch_size: Rows per step of the training.
        plan: Plan of the training.
    """
    return ordered_steps(rows, max(batch_size, -(-rows // min(plan.steps, MAX_VALIDATION_STEPS))))


def arrays_of(examples: Examples) -> tuple[np.ndarray, ...]:
    """Return (x, y), or (x, y, weight) where the examples have weights."""
    x, y, weight = examples.x, examples.y, examples.weight
    return (x, y) if weight is None else (x, y, weight)


def _order_of_epoch(rows: int, seed: int, epoch: int) -> np.ndarray:
    """Return the permutation that (seed, epoch) draws (Philox; Salmon et al. 2011, doi 10.1145/2063384.2063405)."""
    generator = np.random.Generator(np.random.Philox(key=[seed % 2**64, epoch]))
    return generator.permutation(rows)
