"""Events of a training: who listens is not known to the training, and trainings never mix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class TrainingId:
    """The training that an event is of.

    Attributes:
        family: Name of the family.
        variant: Name of the variant, such as `spark`; empty for the family's own training.
    """

    family: str
    variant: str = ""


class TrainingListener:
    """Receives the events of trainings: a progress bar, live curves, a pruner. It overrides what it needs."""

    def on_train_begin(self, training: TrainingId, total: int, done: int, unit: str) -> None:
        """Receive the start: `total` epochs (or other units) at most, of which `done` are done already."""

    def on_epoch_end(self, training: TrainingId, epoch: int, metrics: Mapping[str, float]) -> None:
        """Receive the metrics of an epoch, counted from 1."""

    def on_train_end(self, training: TrainingId, epochs: int) -> None:
        """Receive the end, after `epochs` epochs; it also comes after an error."""


class TrainingEvents:
    """The events of one training, sent to every listener.

    Args:
        family: Name of the family that is trained.
        variant: Name of the variant.
    """

    def __init__(self, family: str = "", variant: str = "") -> None:
        self.training = TrainingId(family, variant)
        self._listeners: list[TrainingListener] = []
        self._epoch = 0

    def subscribe(self, listener: TrainingListener) -> None:
        """Add a listener for all events that follow."""
        self._listeners.append(listener)

    def for_training(self, family: str, variant: str = "") -> TrainingEvents:
        """Return the events of another training with the same listeners."""
        events = TrainingEvents(family, variant)
        events._listeners = self._listeners
        return events

    def begin(self, total: int, done: int = 0, unit: str = "epochs") -> None:
        """Announce a training.

        Args:
            total: Most epochs, or other units.
            done: Those that an earlier process has done already.
            unit: What is counted.
        """
        self._epoch = done
        for listener in self._listeners:
            listener.on_train_begin(self.training, total, done, unit)

    def end_epoch(self, metrics: Mapping[str, float]) -> None:
        """Announce the end of the next epoch."""
        self._epoch += 1
        for listener in self._listeners:
            listener.on_epoch_end(self.training, self._epoch, metrics)

    def end(self) -> None:
        """Announce the end of the training, however it ended."""
        for listener in self._listeners:
            listener.on_train_end(self.training, self._epoch)
