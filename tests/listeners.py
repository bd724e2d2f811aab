"""Events of a training with a listener, for tests that act at the end of an epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sakon.training.events import TrainingEvents, TrainingId, TrainingListener


@dataclass
class EpochListener(TrainingListener):
    """Calls a function at the end of every epoch, counted from 1."""

    call: Callable[[int], None]

    def on_epoch_end(self, training: TrainingId, epoch: int, metrics: Mapping[str, float]) -> None:
        self.call(epoch)


def events_calling(call: Callable[[int], None]) -> TrainingEvents:
    """Return events that call a function at the end of every epoch."""
    events = TrainingEvents()
    events.subscribe(EpochListener(call))
    return events
