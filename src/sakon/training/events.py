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


@dataclass(frozen=True)
class StopRequest:
    """The request of a listener that a training ends now.

    Attributes:
        by: What ends it, such as `time budget`.
        reason: Why, without a full stop; it is the reason of a family that is not trained at all.
        shortest_minutes: Time budget of a run in which the training would get further, about; 0 if that is not why.
    """

    by: str
    reason: str
    shortest_minutes: float = 0.0


class TrainingListener:
    """Receives the events of trainings: a progress bar, live curves, a pruner. It overrides what it needs."""

    needs_trials: bool = False
    """Whether it judges by trials how long the parts of a training will take."""

    def on_train_begin(self, training: TrainingId, total: int, done: int, unit: str) -> None:
        """Receive the start: `total` epochs (or other units) at most, of which `done` are done already."""

    def on_epoch_end(self, training: TrainingId, epoch: int, metrics: Mapping[str, float]) -> None:
        """Receive the metrics of an epoch, counted from 1."""

    def on_train_end(self, training: TrainingId, epochs: int) -> None:
        """Receive the end, after `epochs` epochs; it also comes after an error."""

    def on_trial_begin(self, training: TrainingId) -> None:
        """Receive the start of a trial: some steps of what comes next are done, and undone."""

    def on_trial_end(self, training: TrainingId, steps: int, total: int) -> None:
        """Receive the end of a trial of `steps` steps, of `total` that what comes next consists of."""

    def affordable_steps(self, training: TrainingId, total: int) -> int:
        """Return how many of `total` steps, each as long as those of the last trial, may be done."""
        return total

    def stop_request(self, training: TrainingId) -> StopRequest | None:
        """Return why a training is to end, or `None`; it is asked before every epoch, or other unit.

        Once it has returned a request, it returns one until the training ends.
        """
        return None


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

    @property
    def needs_trials(self) -> bool:
        """Whether a listener judges by trials; without one they would only cost time."""
        return any(listener.needs_trials for listener in self._listeners)

    def begin_trial(self) -> None:
        """Announce that some steps of what comes next are tried."""
        for listener in self._listeners:
            listener.on_trial_begin(self.training)

    def end_trial(self, steps: int, total: int) -> None:
        """Announce that `steps` of `total` steps were tried since `begin_trial`."""
        for listener in self._listeners:
            listener.on_trial_end(self.training, steps, total)

    def affordable_steps(self, total: int) -> int:
        """Return how many of `total` steps, each as long as those of the last trial, all listeners allow."""
        return min((listener.affordable_steps(self.training, total) for listener in self._listeners), default=total)

    def stop_request(self) -> StopRequest | None:
        """Return the first request of a listener to end the training now, or `None`; ask it before every epoch."""
        requests = (listener.stop_request(self.training) for listener in self._listeners)
        return next((request for request in requests if request is not None), None)

    def end(self) -> None:
        """Announce the end of the training, however it ended."""
        for listener in self._listeners:
            listener.on_train_end(self.training, self._epoch)
