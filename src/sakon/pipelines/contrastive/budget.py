"""How much work the comparison by label fraction may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .config import Config

BATCH_SIZE = 32
"""Examples of a step of the training from scratch."""
MIN_STEPS_PER_EPOCH = 20
"""Steps of an epoch at least: few labelled examples need as many steps as more of them."""
VIEWS = 2
"""Views of an example that the training of the representation reads in an epoch."""
MAX_SHARE = 1 / 4
"""Examples that all trainings from scratch read at most, as a fraction of those of the representation's training."""
MIN_TOTAL_STEPS = 700
"""Steps that all trainings from scratch may take in any case, some seconds: of a short training a share is too few."""


@dataclass(frozen=True)
class ComparisonPlan:
    """Work of a comparison by label fraction.

    Attributes:
        draws: Random samples of the labels for each fraction below 1; fraction 1 has one.
        epochs: Epochs of each training from scratch.
    """

    draws: int
    epochs: int


def plan_comparison(labels: Mapping[float, int], rows: int, epochs: int, config: Config) -> ComparisonPlan:
    """Return the work of a comparison whose cost is bounded by that of the training that it explains.

    First the random samples are reduced: with fewer epochs, training from scratch would seem worse than it is.

    Args:
        labels: Labelled examples of each fraction.
        rows: Train examples.
        epochs: Epochs of the training of the representation.
        config: Maximum number of random samples and of epochs.
    """
    max_steps = max(MIN_TOTAL_STEPS, int(MAX_SHARE * VIEWS * rows * epochs) // BATCH_SIZE)
    for draws in range(config.label_draws, 0, -1):
        affordable_epochs = max_steps // _steps_of_all_trainings(labels, draws)
        if affordable_epochs >= config.scratch_epochs:
            return ComparisonPlan(draws, config.scratch_epochs)
    return ComparisonPlan(1, max(1, affordable_epochs))


def steps_per_epoch(labels: int) -> int:
    """Return the steps of an epoch of the training from scratch on so many labelled examples."""
    return max(MIN_STEPS_PER_EPOCH, labels // BATCH_SIZE)


def _steps_of_all_trainings(labels: Mapping[float, int], draws: int) -> int:
    """Return the steps of one epoch of every training from scratch."""
    return sum(steps_per_epoch(count) * (draws if fraction < 1 else 1) for fraction, count in labels.items())
