"""Events of a training with a listener, for tests that act at the end of an epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sakon.training.events import StopRequest, TrainingEvents, TrainingId, TrainingListener


@dataclass
class EpochListener(TrainingListener):
    """Calls a function at the end of every epoch, counted from 1."""

    call: Callable[[int], None]

    def on_epoch_end(self, training: TrainingId, epoch: int, metrics: Mapping[str, float]) -> None:
        self.call(epoch)


class StopAfter(TrainingListener):
    """Ends a training after some epochs, or other units, and receives the trials of it.

    Args:
        units: Units that are allowed.
        needs_trials: Whether trials are made.
    """

    def __init__(self, units: int, needs_trials: bool = False) -> None:
        self.left, self.needs_trials = units, needs_trials
        self.trials: list[tuple[int, int]] = []

    def on_trial_end(self, training: TrainingId, steps: int, total: int) -> None:
        self.trials.append((steps, total))

    def stop_request(self, training: TrainingId) -> StopRequest | None:
        self.left -= 1
        return StopRequest("a test", "it is enough", 7.0) if self.left < 0 else None


def events_calling(call: Callable[[int], None]) -> TrainingEvents:
    """Return events that call a function at the end of every epoch."""
    events = TrainingEvents()
    events.subscribe(EpochListener(call))
    return events
