"""Checkpoints of an unfinished training, complete enough that resuming equals never having stopped."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sakon.atomic import atomic_write

MAX_CHECKPOINTS = 2
"""Checkpoints of one training: the last one may be damaged."""
MAX_TRAININGS = 8
"""Unfinished trainings of a folder that can be resumed, besides those of the present process."""
KEY_LENGTH = 16
SUFFIX = ".npz"


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
    """The checkpoints of trainings in a folder, each written atomically.

    A training has its last two; the name of a file begins with the epoch and contains the key of its training. Other
    processes may train here at the same time, or have stopped here with other settings: they keep their own.

    Args:
        folder: Folder of the checkpoints.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._completed: set[str] = set()
        self._used: set[str] = set()
        self._parts: list[Checkpoints] = []

    def for_family(self, family: str) -> Checkpoints:
        """Return the checkpoints of one family in a folder of its own; `clear` clears them too."""
        part = Checkpoints(self.folder / family)
        self._parts.append(part)
        return part

    def save(self, state: TrainingState, key: str) -> None:
        """Save a state.

        Args:
            state: State of the training.
            key: Digest of all that decides the training; only the same training resumes from the checkpoint.
        """
        self._used.add(key[:KEY_LENGTH])
        arrays: dict[str, Any] = {f"variable_{i:05d}": value for i, value in enumerate(state.variables)}
        arrays |= {f"weight_{i:05d}": value for i, value in enumerate(state.best_weights)}
        header = {"key": key, "epoch": state.epoch, "best_epoch": state.best_epoch}
        header |= {"history": state.history, "seconds": state.seconds}
        path = self.folder / f"epoch_{state.epoch:06d}.{key[:KEY_LENGTH]}{SUFFIX}"
        with atomic_write(path) as partial, partial.open("wb") as file:
            np.savez(file, header=np.array(json.dumps(header)), **arrays)
        for old in self._paths(key)[:-MAX_CHECKPOINTS]:
            old.unlink(missing_ok=True)
        self._forget_old_trainings()

    def complete(self, state: TrainingState, key: str) -> None:
        """Save the last state of a training, which stays until all that is made of it is saved; see `clear`."""
        self.save(state, key)
        self._completed.add(key)

    def latest(self, key: str) -> TrainingState | None:
        """Return the newest readable state of the training `key`, or `None`."""
        self._used.add(key[:KEY_LENGTH])
        for path in reversed(self._paths(key)):
            state = _read(path, key)
            if state is not None:
                return state
        return None

    def clear(self) -> None:
        """Remove the checkpoints of completed trainings: all that was made of them is saved."""
        for part in self._parts:
            part.clear()
        for path in (path for key in self._completed for path in self._paths(key)):
            path.unlink(missing_ok=True)
        self._completed.clear()

    def _paths(self, key: str = "") -> list[Path]:
        """Return the checkpoints of a training, or of all, the oldest first."""
        return sorted(self.folder.glob(f"epoch_*.{key[:KEY_LENGTH] or '*'}{SUFFIX}"))

    def _forget_old_trainings(self) -> None:
        """Remove what is left of all but the last trainings of other processes: nobody may ever resume them."""
        written: dict[str, float] = {}
        for path in self._paths():
            with suppress(FileNotFoundError):  # another process has just removed it
                training = path.name.split(".")[1]
                if training not in self._used:
                    written[training] = max(written.get(training, 0.0), path.stat().st_mtime)
        for training in sorted(written, key=lambda name: written[name])[:-MAX_TRAININGS]:
            for path in self._paths(training):
                path.unlink(missing_ok=True)


def _read(path: Path, key: str) -> TrainingState | None:
    try:
        with np.load(path, allow_pickle=False) as archive:
            header: dict[str, Any] = json.loads(str(archive["header"]))
            if header.pop("key") != key:
                return None
            names = sorted(archive.files)
            variables = [archive[name] for name in names if name.startswith("variable_")]
            weights = [archive[name] for name in names if name.startswith("weight_")]
            return TrainingState(variables=variables, best_weights=weights, **header)
    except Exception:  # a damaged archive raises whatever its bytes lead to
        return None
