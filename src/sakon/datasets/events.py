"""Events of a training as a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from kedro.io import AbstractDataset

from sakon.training.events import TrainingEvents

if TYPE_CHECKING:
    from kedro.io import CatalogProtocol


class TrainingEventsDataset(AbstractDataset[NoReturn, TrainingEvents]):
    """The events of one training: hooks subscribe to them, the training publishes them.

    There is one object per catalog, so that sessions never mix.

    Args:
        family: Name of the family that is trained; empty if a node chooses it.
        metadata: Read by Kedro plug-ins and hooks.
    """

    optional = True

    def __init__(self, *, family: str = "", metadata: dict[str, Any] | None = None) -> None:
        self.events = TrainingEvents(family)
        self.metadata = metadata

    def load(self) -> TrainingEvents:
        """Return the events."""
        return self.events

    def save(self, data: NoReturn) -> None:
        """Raise an error: events are published, not saved."""
        raise TypeError("Events of a training are published, not saved.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"family": self.events.training.family}


def events_in(catalog: CatalogProtocol[Any, Any], names: Iterable[str]) -> Iterator[TrainingEvents]:
    """Yield the training events among the named datasets of a catalog."""
    for name in sorted(names):
        if isinstance(dataset := catalog.get(name), TrainingEventsDataset):
            yield dataset.events
