"""What happens at the end of every epoch: the state is recorded and saved, and trainings end that must."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from sakon.errors import DivergenceError
from sakon.lazy import Network
from sakon.training.checkpoints import Checkpoints, TrainingState
from sakon.training.methods import all_variables, restore_variables, training_methods

SECONDS_BETWEEN_CHECKPOINTS = 2.0
EXPLOSION_FACTOR = 1e6
MAX_INITIAL_LOSS = 100.0
"""The first loss counts as this much at most when an explosion is judged."""


class CheckpointAndEarlyStopping:
    """Records the state of a training (history, best weights), saves it, and stops when patience ends.

    Args:
        model: The network.
        state: State to begin with; its variables are restored.
        patience: Epochs without a lower `val_loss` after which training stops.
        checkpoints: Where the state is saved, every two seconds at most.
        key: Digest of what decides the training.
        extra_variables: Returns arrays that are saved after the model's own.
    """

    def __init__(
        self,
        model: Network,
        state: TrainingState,
        patience: int,
        checkpoints: Checkpoints,
        key: str,
        extra_variables: Callable[[], list[np.ndarray]] = list,
    ) -> None:
        self.model, self.state = model, state
        restore_variables(model, state.variables)
        self._extra_variables = extra_variables
        self._patience, self._checkpoints, self._key = patience, checkpoints, key
        self._start_time = time.perf_counter() - state.seconds
        self._save_time = time.perf_counter()

    def is_finished(self) -> bool:
        """Return whether patience has ended."""
        best_epoch = self.state.best_epoch
        return self.state.epoch - best_epoch >= training_methods(self.model).patience(self._patience, best_epoch)

    def end_epoch(self, metrics: Mapping[str, float]) -> None:
        """Add an epoch with its metrics to the state."""
        epoch = self.state.epoch + 1
        training_methods(self.model).finish_epoch(epoch)
        earlier = [row["val_loss"] for row in self.state.history]
        is_best = not earlier or metrics["val_loss"] < min(earlier)
        self.state = replace(
            self.state,
            epoch=epoch,
            best_weights=self.model.get_weights() if is_best else self.state.best_weights,
            best_epoch=epoch if is_best else self.state.best_epoch,
            history=[*self.state.history, {"epoch": epoch, **metrics}],
            seconds=time.perf_counter() - self._start_time,
        )
        if time.perf_counter() - self._save_time > SECONDS_BETWEEN_CHECKPOINTS:
            self._checkpoints.save(self.current_state(), self._key)
            self._save_time = time.perf_counter()

    def current_state(self) -> TrainingState:
        """Return the state with the present values of all variables."""
        current = [np.asarray(variable) for variable in all_variables(self.model)]
        return replace(self.state, variables=[*current, *self._extra_variables()])


class TerminateOnDivergence:
    """Stops a training whose loss is not finite or explodes.

    Args:
        name: Name of the network.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._bounds: dict[str, float] = {}

    def end_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """Check the loss of an epoch, from 1, on train and on validation.

        Raises:
            DivergenceError: If one is not finite, or is a million times its first value.
        """
        for name in ("loss", "val_loss"):
            value = metrics[name]
            bound = self._bounds.setdefault(name, EXPLOSION_FACTOR * min(max(1.0, abs(value)), MAX_INITIAL_LOSS))
            if not abs(value) <= bound:  # NaN is not, either
                raise DivergenceError(self._name, epoch, name, value)
