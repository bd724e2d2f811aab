"""Keras callbacks of the shared `fit`. This module imports Keras; import it inside functions."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from sakon.errors import DivergenceError
from sakon.training.checkpoints import Checkpoints, TrainingState
from sakon.training.methods import all_variables, restore_variables, training_methods

SECONDS_BETWEEN_CHECKPOINTS = 2.0
EXPLOSION_FACTOR = 1e6
MAX_INITIAL_LOSS = 100.0
"""The first loss counts as this much at most when an explosion is judged."""


class CheckpointAndEarlyStopping(keras.callbacks.Callback):  # type: ignore[misc]
    """Records the state of a training (history, best weights), saves it, and stops when patience ends.

    Args:
        state: State to begin with.
        patience: Epochs without a lower `val_loss` after which training stops.
        checkpoints: Where the state is saved, every two seconds at most.
        key: Digest of what decides the training.
        extra_variables: Returns arrays that are saved after the model's own.
    """

    def __init__(
        self,
        state: TrainingState,
        patience: int,
        checkpoints: Checkpoints,
        key: str,
        extra_variables: Callable[[], list[np.ndarray]] = list,
    ) -> None:
        super().__init__()
        self.state = state
        self._extra_variables = extra_variables
        self._patience, self._checkpoints, self._key = patience, checkpoints, key
        self._start_time = time.perf_counter() - state.seconds
        self._save_time = time.perf_counter()

    def is_finished(self) -> bool:
        """Return whether patience has ended."""
        return self.state.epoch - self.state.best_epoch >= self._patience

    def on_train_begin(self, logs: Any = None) -> None:
        """Restore all variables of the state."""
        restore_variables(self.model, self.state.variables)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Add the epoch to the state."""
        training_methods(self.model).finish_epoch(epoch + 1)
        metrics = {name: float(value) for name, value in (logs or {}).items()}
        earlier = [row["val_loss"] for row in self.state.history]
        is_best = not earlier or metrics["val_loss"] < min(earlier)
        self.state = replace(
            self.state,
            epoch=epoch + 1,
            best_weights=self.model.get_weights() if is_best else self.state.best_weights,
            best_epoch=epoch + 1 if is_best else self.state.best_epoch,
            history=[*self.state.history, {"epoch": epoch + 1, **metrics}],
            seconds=time.perf_counter() - self._start_time,
        )
        self.model.stop_training = self.is_finished()
        if time.perf_counter() - self._save_time > SECONDS_BETWEEN_CHECKPOINTS:
            self._checkpoints.save(self.current_state(), self._key)
            self._save_time = time.perf_counter()

    def current_state(self) -> TrainingState:
        """Return the state with the present values of all variables."""
        current = [np.asarray(variable) for variable in all_variables(self.model)]
        return replace(self.state, variables=[*current, *self._extra_variables()])


class TerminateOnDivergence(keras.callbacks.Callback):  # type: ignore[misc]
    """Stops a training whose loss is not finite or explodes."""

    def __init__(self) -> None:
        super().__init__()
        self._bounds: dict[str, float] = {}

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Check the loss on train and on validation.

        Raises:
            DivergenceError: If one is not finite, or is a million times its first value.
        """
        for name in ("loss", "val_loss"):
            value = float(logs[name])
            bound = self._bounds.setdefault(name, EXPLOSION_FACTOR * min(max(1.0, abs(value)), MAX_INITIAL_LOSS))
            if not abs(value) <= bound:  # NaN is not, either
                raise DivergenceError(self.model.name, epoch + 1, name, value)
