"""Checkpoints of a training, handed to a node as a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from sakon.training.checkpoints import Checkpoints


class CheckpointsDataset(AbstractDataset[Any, Checkpoints]):
    """Hands a node the place where its training state is kept.

    Args:
        filepath: Folder of the states.
        metadata: Read by Kedro plug-ins and hooks.
    """

    optional = True

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> Checkpoints:
        """Return the place."""
        return Checkpoints(self._filepath)

    def save(self, data: Any) -> None:
        """Refuse: the training itself writes there."""
        raise TypeError("A training writes its own states; nothing is to be saved here.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
