"""What the shared `fit` does at the end of every epoch. It imports Keras: only `fit` imports it, when it runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from sakon.errors import DivergenceError
from sakon.training.checkpoints import Checkpoints, TrainingState

SECONDS_BETWEEN_STATES = 2.0
EXPLODED, LARGEST_START = 1e6, 100.0  # times the first loss, counted as 100 at most


class CheckpointAndEarlyStopping(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps the state of a training: the best epoch, the history, all that changes; stops it early.

    Args:
        state: Where the training stands.
        patience: Epochs without a better `val_loss` after which it stops.
        checkpoints: Where the state is saved, every two seconds at most.
        key: Digest of what decides the training.
        also: Returns arrays to be saved besides the model's own, after them.
    """

    def __init__(
        self,
        state: TrainingState,
        patience: int,
        checkpoints: Checkpoints,
        key: str,
        also: Callable[[], list[np.ndarray]] = list,
    ) -> None:
        super().__init__()
        self._also = also
        self.state = state
        self._patience, self._checkpoints, self._key = patience, checkpoints, key
        self._started = time.perf_counter() - state.seconds
        self._saved = time.perf_counter()

    def finished(self) -> bool:
        """Say whether the best epoch lies further back than patience allows."""
        return self.state.epoch - self.state.best_epoch >= self._patience

    def on_train_begin(self, logs: Any = None) -> None:
        """Put back all that had changed when the state was saved."""
        built(self.model)
        for variable, value in zip(all_variables(self.model), self.state.variables, strict=False):
            variable.assign(value)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Add the epoch to the state."""
        if hasattr(self.model, "after_epoch"):
            self.model.after_epoch(epoch + 1)
        metrics = {name: float(value) for name, value in (logs or {}).items()}
        earlier = [row["val_loss"] for row in self.state.history]
        is_best = not earlier or metrics["val_loss"] < min(earlier)
        self.state = replace(
            self.state,
            epoch=epoch + 1,
            best_weights=self.model.get_weights() if is_best else self.state.best_weights,
            best_epoch=epoch + 1 if is_best else self.state.best_epoch,
            history=[*self.state.history, {"epoch": epoch + 1, **metrics}],
            seconds=time.perf_counter() - self._started,
        )
        self.model.stop_training = self.finished()
        if time.perf_counter() - self._saved > SECONDS_BETWEEN_STATES:
            current = [np.asarray(variable) for variable in all_variables(self.model)]
            self._checkpoints.save(replace(self.state, variables=[*current, *self._also()]), self._key)
            self._saved = time.perf_counter()


class TerminateOnDivergence(keras.callbacks.Callback):  # type: ignore[misc]
    """Stops a training whose loss is lost."""

    def __init__(self) -> None:
        super().__init__()
        self._bounds: dict[str, float] = {}

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Look at the loss of both parts.

        Raises:
            DivergenceError: If it is no finite number, or exploded.
        """
        for name in ("loss", "val_loss"):
            value = float(logs[name])
            bound = self._bounds.setdefault(name, EXPLODED * min(max(1.0, abs(value)), LARGEST_START))
            if not abs(value) <= bound:  # which NaN is not either
                raise DivergenceError(self.model.name, epoch + 1, name, value)


def all_variables(model: keras.Model) -> list[Any]:
    """Return all that changes while training: weights, random states, optimizers."""
    return [*model.variables, *(variable for optimizer, _ in _optimized(model) for variable in optimizer.variables)]


def built(model: keras.Model) -> keras.Model:
    """Return the model with the variables of its optimizers made."""
    for optimizer, variables in _optimized(model):
        optimizer.build(variables)
    return model


def _optimized(model: keras.Model) -> list[tuple[Any, list[Any]]]:
    if hasattr(model, "optimized"):
        return list(model.optimized())
    return [(model.optimizer, model.trainable_variables)]
