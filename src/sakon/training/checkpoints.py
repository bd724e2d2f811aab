"""The state of an unfinished training, complete enough that resuming equals never having stopped."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sakon.atomic import atomic_write

KEPT = 2


@dataclass(frozen=True)
class TrainingState:
    """Where a training stands after a whole epoch.

    Attributes:
        epoch: Epochs done.
        variables: All variables of model and optimizer, random states included, in order.
        best_weights: Weights of the best epoch so far, in order.
        best_epoch: That epoch, from 1.
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
    """Saved states of one training in a folder; the last two are kept, whole ones only.

    Args:
        folder: Where the states are kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, state: TrainingState, key: str) -> None:
        """Add a state.

        Args:
            state: Where the training stands.
            key: Digest of all that decides the training; only the same training resumes from it.
        """
        arrays: dict[str, Any] = {f"variable_{i:05d}": value for i, value in enumerate(state.variables)}
        arrays |= {f"weight_{i:05d}": value for i, value in enumerate(state.best_weights)}
        facts = {"key": key, "epoch": state.epoch, "best_epoch": state.best_epoch}
        facts |= {"history": state.history, "seconds": state.seconds}
        path = self.folder / f"epoch_{state.epoch:06d}.npz"
        with atomic_write(path) as partial, partial.open("wb") as file:
            np.savez(file, facts=np.array(json.dumps(facts)), **arrays)
        for old in sorted(self.folder.glob("epoch_*.npz"))[:-KEPT]:
            old.unlink()

    def latest(self, key: str) -> TrainingState | None:
        """Return the newest whole state of the training `key`, or `None`."""
        for path in sorted(self.folder.glob("epoch_*.npz"), reverse=True):
            state = _read(path, key)
            if state is not None:
                return state
        return None

    def clear(self) -> None:
        """Forget all states: the training is complete or a new one begins."""
        for path in self.folder.glob("epoch_*.npz"):
            path.unlink()


def _read(path: Path, key: str) -> TrainingState | None:
    try:
        with np.load(path, allow_pickle=False) as archive:
            facts: dict[str, Any] = json.loads(str(archive["facts"]))
            if facts.pop("key") != key:
                return None
            names = sorted(archive.files)
            variables = [archive[name] for name in names if name.startswith("variable_")]
            weights = [archive[name] for name in names if name.startswith("weight_")]
    except (ValueError, EOFError, OSError, zipfile.BadZipFile, KeyError):
        return None
    return TrainingState(variables=variables, best_weights=weights, **facts)
