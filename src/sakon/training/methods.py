"""What the shared `fit` asks of a network besides Keras' own methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

import numpy as np

from sakon.backends import Tensor
from sakon.problem import Examples
from sakon.training.steps import build_metrics, test_on_batch, train_on_batch

if TYPE_CHECKING:
    import keras


class OptimizedVariables(NamedTuple):
    """An optimizer and the variables that it updates."""

    optimizer: Any
    variables: list[Any]


class TrainingMethods:
    """Base of networks with a training of their own; each method's default suits a network compiled by Keras.

    Everything that changes during training must be a Keras variable of the network, of a metric or of an optimizer:
    the state of a training consists of these, and a training resumes from them to the same bits. Steps use
    `keras.ops`, `keras.random` and `sakon.backends`, so that they run on every backend.
    """

    order_free: ClassVar[bool] = False
    """Whether the order of the examples has no effect on an epoch; then every epoch uses all of them."""
    weighs_examples: ClassVar[bool] = False
    """Whether the loss uses sample weights, so that classes can be weighted."""
    starts_from_data: ClassVar[bool] = False
    """Whether `prepare` sets the initial state from the train examples."""
    sums_over_examples: ClassVar[bool] = False
    """Whether an epoch is a sum over examples and an update: the sums of partitions add up to those of the whole."""
    jit: bool = False
    """Whether XLA's compilation saves more time than it takes, on backends where it is a choice."""

    def prepare(self, train: Examples, steps: int) -> None:
        """Set the initial state from the data, before the first epoch.

        Args:
            train: Train examples.
            steps: Steps per epoch.
        """

    def build_metrics(self, y: np.ndarray) -> None:
        """Create the variables of metrics that need a target for that.

        Args:
            y: Targets of some examples.
        """

    def training_step(self, data: tuple[Tensor, ...]) -> None:
        """Train for one step on a batch, (x, y) or (x, y, weight), and update the metrics."""
        train_on_batch(self, data)

    def validation_step(self, data: tuple[Tensor, ...]) -> None:
        """Update the metrics with a batch, (x, y) or (x, y, weight)."""
        test_on_batch(self, data)

    def train_results(self) -> Mapping[str, Tensor]:
        """Return the metrics of an epoch on train, scalars by name."""
        network: Any = self
        results: Mapping[str, Tensor] = network.get_metrics_result()
        return results

    def validation_results(self) -> Mapping[str, Tensor]:
        """Return the metrics on validation, scalars by name."""
        return self.train_results()

    def finish_train_steps(self) -> None:
        """Act after the last step of an epoch, before validation."""

    def finish_epoch(self, epoch: int) -> None:
        """Act at the end of an epoch, counted from 1, before its weights are stored."""

    def patience(self, patience: int, best_epoch: int) -> int:
        """Return the epochs without a lower `val_loss` after which training stops.

        Args:
            patience: The configured number.
            best_epoch: Epoch of the lowest `val_loss` so far, 0 before the first.
        """
        return patience

    def optimized_variables(self) -> list[OptimizedVariables]:
        """Return every optimizer with the variables that it updates."""
        network: Any = self
        return [OptimizedVariables(network.optimizer, network.trainable_variables)]

    def sum_variables(self) -> list[Any]:
        """Return the variables that hold the sums of an epoch, where `sums_over_examples`."""
        return []

    def defer_update(self) -> None:
        """From now on an epoch only adds up sums; `update_from_sums` ends it."""

    def update_from_sums(self, sums: Sequence[np.ndarray]) -> None:
        """End an epoch whose sums, in the order of `sum_variables`, were computed elsewhere."""


def acts_between_steps(methods: TrainingMethods) -> bool:
    """Return whether a network acts after the steps of an epoch, in `finish_train_steps`."""
    return type(methods).finish_train_steps is not TrainingMethods.finish_train_steps


def acts_after_epochs(methods: TrainingMethods) -> bool:
    """Return whether a network acts at the end of an epoch, in `finish_epoch`."""
    return type(methods).finish_epoch is not TrainingMethods.finish_epoch


class _KerasTraining(TrainingMethods):
    """The methods of a network that Keras compiled with a loss."""

    weighs_examples = True

    def __init__(self, network: keras.Model) -> None:
        self._network = network

    def build_metrics(self, y: np.ndarray) -> None:
        """Create the variables of the compiled metrics, which Keras otherwise creates in the first step."""
        build_metrics(self._network, y)

    def training_step(self, data: tuple[Tensor, ...]) -> None:
        """Train for one step by the compiled optimizer and loss."""
        train_on_batch(self._network, data)

    def validation_step(self, data: tuple[Tensor, ...]) -> None:
        """Update the compiled metrics."""
        test_on_batch(self._network, data)

    def train_results(self) -> Mapping[str, Tensor]:
        """Return the loss and the compiled metrics."""
        results: Mapping[str, Tensor] = self._network.get_metrics_result()
        return results

    def optimized_variables(self) -> list[OptimizedVariables]:
        """Return the compiled optimizer with all trainable variables."""
        return [OptimizedVariables(self._network.optimizer, self._network.trainable_variables)]


def training_methods(network: keras.Model) -> TrainingMethods:
    """Return the training methods of a network: its own, else Keras' defaults."""
    return network if isinstance(network, TrainingMethods) else _KerasTraining(network)


def all_variables(network: keras.Model) -> list[Any]:
    """Return all variables that change during training: weights, random states, optimizer states."""
    optimized = training_methods(network).optimized_variables()
    return [*network.variables, *(variable for each in optimized for variable in each.optimizer.variables)]


def metric_variables(network: keras.Model) -> list[Any]:
    """Return the variables of all metrics; they begin anew in every epoch."""
    return [variable for metric in network.metrics for variable in metric.variables]


def build_optimizers(network: keras.Model) -> keras.Model:
    """Create the variables of the network's optimizers, and return the network."""
    for optimizer, variables in training_methods(network).optimized_variables():
        optimizer.build(variables)
    return network


def restore_variables(network: keras.Model, values: Sequence[np.ndarray]) -> None:
    """Give the variables of a network and its optimizers the values of a checkpoint, in order."""
    build_optimizers(network)
    for variable, value in zip(all_variables(network), values, strict=False):
        variable.assign(value)


class RecordedVariables(Protocol):
    """The variables of a training, as arrays: what it records after every epoch, and resumes from."""

    def restore(self, values: Sequence[np.ndarray]) -> None:
        """Give all variables the values of a checkpoint, in order; nothing changes if there are none."""

    def finish_epoch(self, epoch: int) -> None:
        """Act at the end of an epoch, counted from 1, as the network's methods do."""

    def patience(self, patience: int, best_epoch: int) -> int:
        """Return the epochs without a lower `val_loss` after which training stops, as the network's methods do."""

    def weights(self) -> list[np.ndarray]:
        """Return the present weights of the network, in order."""

    def values(self) -> list[np.ndarray]:
        """Return the present values of all variables, in the order of `all_variables`."""


class NetworkVariables:
    """The variables of a network, see `RecordedVariables`.

    Args:
        network: A compiled network.
    """

    def __init__(self, network: keras.Model) -> None:
        self._network = network

    def restore(self, values: Sequence[np.ndarray]) -> None:
        """Give the variables of network and optimizers values."""
        restore_variables(self._network, values)

    def finish_epoch(self, epoch: int) -> None:
        """End an epoch of the network."""
        training_methods(self._network).finish_epoch(epoch)

    def patience(self, patience: int, best_epoch: int) -> int:
        """Return the patience of the network."""
        return training_methods(self._network).patience(patience, best_epoch)

    def weights(self) -> list[np.ndarray]:
        """Return the weights of the network."""
        weights: list[np.ndarray] = self._network.get_weights()
        return weights

    def values(self) -> list[np.ndarray]:
        """Return the values of all variables of network and optimizers."""
        return [np.asarray(variable) for variable in all_variables(self._network)]
