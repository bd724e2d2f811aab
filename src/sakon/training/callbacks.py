"""What happens at the end of every epoch: the state is recorded and saved, and trainings end that must."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from sakon.errors import DivergenceError
from sakon.training.checkpoints import Checkpoints, TrainingState
from sakon.training.methods import RecordedVariables

SECONDS_BETWEEN_CHECKPOINTS = 2.0
EXPLOSION_FACTOR = 1e6
MAX_INITIAL_LOSS = 100.0
"""The first loss counts as this much at most when an explosion is judged."""


class CheckpointAndEarlyStopping:
    """Records the state of a training (history, best weights), saves it, and stops when patience ends.

    Args:
        variables: Variables of the network in training.
        state: State to begin with; its variables are restored.
        patience: Epochs without a lower `val_loss` after which training stops.
        checkpoints: Where the state is saved, every two seconds at most.
        key: Digest of what decides the training.
        extra_variables: Returns arrays that are saved after the model's own.
    """

    def __init__(
        self,
        variables: RecordedVariables,
        state: TrainingState,
        patience: int,
        checkpoints: Checkpoints,
        key: str,
        extra_variables: Callable[[], list[np.ndarray]] = list,
    ) -> None:
        self.state, self._variables = state, variables
        variables.restore(state.variables)
        self._extra_variables = extra_variables
        self._patience, self._checkpoints, self._key = patience, checkpoints, key
        self._epoch_time = self._save_time = time.perf_counter()

    def is_finished(self) -> bool:
        """Return whether patience has ended."""
        best_epoch = self.state.best_epoch
        return self.state.epoch - best_epoch >= self._variables.patience(self._patience, best_epoch)

    def end_epoch(self, metrics: Mapping[str, float], trainings: int = 1) -> None:
        """Add an epoch with its metrics to the state.

        Args:
            metrics: Metrics of the epoch by name.
            trainings: Trainings that went on at the same time and share its seconds.
        """
        epoch = self.state.epoch + 1
        self._variables.finish_epoch(epoch)
        earlier = [row["val_loss"] for row in self.state.history]
        is_best = not earlier or metrics["val_loss"] < min(earlier)
        self.state = replace(
            self.state,
            epoch=epoch,
            best_weights=self._variables.weights() if is_best else self.state.best_weights,
            best_epoch=epoch if is_best else self.state.best_epoch,
            history=[*self.state.history, {"epoch": epoch, **metrics}],
            seconds=self.state.seconds + self._seconds_of_epoch() / trainings,
        )
        if time.perf_counter() - self._save_time > SECONDS_BETWEEN_CHECKPOINTS:
            self._checkpoints.save(self.current_state(), self._key)
            self._save_time = time.perf_counter()

    def current_state(self) -> TrainingState:
        """Return the state with the present values of all variables."""
        return replace(self.state, variables=[*self._variables.values(), *self._extra_variables()])

    def _seconds_of_epoch(self) -> float:
        """Return the seconds since the end of the epoch before, or since the beginning."""
        before, self._epoch_time = self._epoch_time, time.perf_counter()
        return self._epoch_time - before


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
