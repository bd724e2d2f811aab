"""The training of one network for several seeds at once: every variable has a value per seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import numpy as np

from sakon.backends import CompiledJointSteps, Results, Step, backend
from sakon.lazy import Network
from sakon.training.data import TrainingData
from sakon.training.engine import DeviceExamples
from sakon.training.methods import (
    acts_after_epochs,
    acts_between_steps,
    all_variables,
    build_optimizers,
    metric_variables,
    training_methods,
)


class JointEngine:
    """Trains and validates a network for several seeds at once; each has a lane, with values of all variables.

    Lanes are independent of each other: they share the examples, but neither their order nor random numbers. The
    variables of the network itself have the values of a lane only while its methods act in NumPy.

    Args:
        network: A compiled network whose methods are prepared, and whose metrics are built.
        lanes: For every lane the values of all variables, in the order of `all_variables`.
        train: Compiled steps of training.
        validate: Compiled steps of validation.
    """

    def __init__(
        self,
        network: Network,
        lanes: Sequence[Sequence[np.ndarray]],
        train: CompiledJointSteps,
        validate: CompiledJointSteps,
    ) -> None:
        self.network, self.methods = network, training_methods(network)
        self._train, self._validate = train, validate
        self._variables, metrics = state_variables(network), metric_variables(network)
        self._index = {id(variable): index for index, variable in enumerate(self._variables)}
        stacked = [np.stack([np.asarray(variable)] * len(lanes)) for variable in self._variables]
        for lane, values in enumerate(lanes):
            for variable, value in zip(all_variables(network), values, strict=True):
                stacked[self._index[id(variable)]][lane] = value
        self._values = list(backend().place(stacked))
        indices = [self._index[id(variable)] for variable in metrics]
        self._initial_metrics = {index: self._values[index] for index in indices}
        self.lanes = [Lane(self, lane) for lane in range(len(lanes))]

    @classmethod
    def create(cls, network: Network, data: TrainingData, lanes: Sequence[Sequence[np.ndarray]]) -> Self | None:
        """Return the engine, or `None` where lanes one after the other are at least as fast, or the data do not fit.

        Args:
            network: A compiled network whose methods are prepared.
            data: Examples and steps.
            lanes: For every lane the values of all variables.
        """
        examples, held_out = data.train_on_device, data.validation_on_device
        if len(lanes) < 2 or not (examples.is_resident and held_out.is_resident):
            return None
        methods = training_methods(build_optimizers(network))
        methods.build_metrics(examples.first_target)
        network.reset_metrics()

        def compiled(step: Step, results: Results, examples: DeviceExamples, rows: int) -> CompiledJointSteps | None:
            return backend().compile_joint_steps(step, results, lambda: state_variables(network), examples.arrays, rows)

        train = compiled(methods.training_step, methods.train_results, examples, data.plan.batch_size)
        rows = data.validation_steps[0].shape[1]
        validate = compiled(methods.validation_step, methods.validation_results, held_out, rows)
        return None if train is None or validate is None else cls(network, lanes, train, validate)

    def train(self, examples: DeviceExamples, orders: Sequence[Sequence[np.ndarray]]) -> list[dict[str, float]]:
        """Train all lanes for an epoch, and return the metrics of each by name.

        Args:
            examples: Train examples.
            orders: For every lane, the rows of its steps, arrays (steps, batch).
        """
        one_order = self.methods.order_free
        parts = orders[0] if one_order else [np.stack(parts) for parts in zip(*orders, strict=True)]
        metrics = self._run(self._train, examples, parts)
        if acts_between_steps(self.methods):
            for lane in range(len(self.lanes)):
                with self.in_network(lane):
                    self.methods.finish_train_steps()
        return metrics

    def validate(self, examples: DeviceExamples, orders: Sequence[np.ndarray]) -> list[dict[str, float]]:
        """Return the metrics of every lane for the steps of `orders`, each (steps, batch), with the prefix `val_`."""
        metrics = self._run(self._validate, examples, orders)
        return [{f"val_{name}": value for name, value in of_lane.items()} for of_lane in metrics]

    @contextmanager
    def in_network(self, lane: int) -> Iterator[None]:
        """Give the network's variables the values of a lane, and take back those that change."""
        before = self.values(lane, self._variables)
        for variable, value in zip(self._variables, before, strict=True):
            variable.assign(value)
        yield
        for index, (variable, value) in enumerate(zip(self._variables, before, strict=True)):
            new_value = np.asarray(variable)
            if new_value.tobytes() != value.tobytes():
                stacked = np.array(self._values[index])
                stacked[lane] = new_value
                (self._values[index],) = backend().place([stacked])

    def values(self, lane: int, variables: Sequence[Any]) -> list[np.ndarray]:
        """Return the values of some variables in a lane."""
        return [np.array(np.asarray(self._values[self._index[id(variable)]])[lane]) for variable in variables]

    def _run(
        self, steps: CompiledJointSteps, examples: DeviceExamples, orders: Sequence[np.ndarray]
    ) -> list[dict[str, float]]:
        for index, initial in self._initial_metrics.items():
            self._values[index] = initial
        results: dict[str, np.ndarray] = {}
        for order in orders:
            self._values, results = steps(self._values, examples.arrays, order)
        return [{name: float(values[lane]) for name, values in results.items()} for lane in range(len(self.lanes))]


class Lane:
    """The variables of one lane, see `training.methods.RecordedVariables`.

    Args:
        engine: Its engine.
        number: Number of the lane, from 0.
    """

    def __init__(self, engine: JointEngine, number: int) -> None:
        self._engine, self._number = engine, number

    def restore(self, values: Sequence[np.ndarray]) -> None:
        """Do nothing: the engine was created with these values."""

    def finish_epoch(self, epoch: int) -> None:
        """End an epoch of the network, in the variables of the lane."""
        if acts_after_epochs(self._engine.methods):
            with self._engine.in_network(self._number):
                self._engine.methods.finish_epoch(epoch)

    def patience(self, patience: int, best_epoch: int) -> int:
        """Return the patience of the network."""
        return self._engine.methods.patience(patience, best_epoch)

    def weights(self) -> list[np.ndarray]:
        """Return the weights of the network."""
        return self._engine.values(self._number, self._engine.network.weights)

    def values(self) -> list[np.ndarray]:
        """Return the values of all variables of network and optimizers."""
        return self._engine.values(self._number, all_variables(self._engine.network))


def state_variables(network: Network) -> list[Any]:
    """Return all variables that steps read or update, each once: those of network, optimizers and metrics."""
    variables = [*all_variables(network), *metric_variables(network)]
    return list({id(variable): variable for variable in variables}.values())
