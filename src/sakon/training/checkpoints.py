"""Checkpoints of an unfinished training, complete enough that resuming equals never having stopped."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sakon.atomic import atomic_write

MAX_CHECKPOINTS = 2


@dataclass(frozen=True)
class TrainingState:
    """The state of a training after an epoch.

    Attributes:
        epoch: Epochs done.
        variables: All variables of model and optimizer, random states included, in order.
        best_weights: Weights of the best epoch so far, in order.
        best_epoch: Number of that epoch, from 1.
        history: One row of metrics per epoch done.
        seconds: Time spent so far.
    """

    epoch: int
    variables: list[np.ndarray]
    best_weights: list[np.ndarray]
    best_epoch: int
    history: list[dict[str, float]]
    seconds: float


class Checkpoints:
    """The checkpoints of one training in a folder: the last two, each written atomically.

    Args:
        folder: Folder of the checkpoints.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, state: TrainingState, key: str) -> None:
        """Save a state.

        Args:
            state: State of the training.
            key: Digest of all that decides the training; only the same training resumes from the checkpoint.
        """
        arrays: dict[str, Any] = {f"variable_{i:05d}": value for i, value in enumerate(state.variables)}
        arrays |= {f"weight_{i:05d}": value for i, value in enumerate(state.best_weights)}
        header = {"key": key, "epoch": state.epoch, "best_epoch": state.best_epoch}
        header |= {"history": state.history, "seconds": state.seconds}
        path = self.folder / f"epoch_{state.epoch:06d}.npz"
        with atomic_write(path) as partial, partial.open("wb") as file:
            np.savez(file, header=np.array(json.dumps(header)), **arrays)
        for old in sorted(self.folder.glob("epoch_*.npz"))[:-MAX_CHECKPOINTS]:
            old.unlink()

    def latest(self, key: str) -> TrainingState | None:
        """Return the newest readable state of the training `key`, or `None`."""
        for path in sorted(self.folder.glob("epoch_*.npz"), reverse=True):
            state = _read(path, key)
            if state is not None:
                return state
        return None

    def clear(self) -> None:
        """Remove all checkpoints: the training is complete, or another one begins."""
        for path in self.folder.glob("epoch_*.npz"):
            path.unlink()


def _read(path: Path, key: str) -> TrainingState | None:
    try:
        with np.load(path, allow_pickle=False) as archive:
            header: dict[str, Any] = json.loads(str(archive["header"]))
            if header.pop("key") != key:
                return None
            names = sorted(archive.files)
            variables = [archive[name] for name in names if name.startswith("variable_")]
            weights = [archive[name] for name in names if name.startswith("weight_")]
    except (ValueError, EOFError, OSError, zipfile.BadZipFile, KeyError):
        return None
    return TrainingState(variables=variables, best_weights=weights, **header)
