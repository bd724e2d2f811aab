"""Checkpoints of a training as a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset

from sakon.training.checkpoints import Checkpoints


class CheckpointsDataset(AbstractDataset[NoReturn, Checkpoints]):
    """Passes the folder of its checkpoints to a training node: one object, so that others know what was completed.

    Args:
        filepath: Folder of the checkpoints.
        metadata: Read by Kedro plug-ins and hooks.
    """

    optional = True

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.checkpoints = Checkpoints(self._filepath)
        self.metadata = metadata

    def load(self) -> Checkpoints:
        """Return the checkpoints."""
        return self.checkpoints

    def save(self, data: NoReturn) -> None:
        """Raise an error: the training writes its checkpoints itself."""
        raise TypeError("Checkpoints are written by the training, not saved through the catalog.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
