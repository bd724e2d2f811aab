"""The compiled training and validation of a network: what runs on the device, on every backend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import psutil

from sakon.backends import CompiledSteps, backend
from sakon.lazy import Network
from sakon.problem import Examples
from sakon.training.batches import arrays_of
from sakon.training.methods import all_variables, build_optimizers, metric_variables, training_methods

MAX_RESIDENT_SHARE = 0.25
"""Share of the free memory of the device up to which examples are copied to the device as a whole."""
STREAMED_STEPS = 128
"""Steps whose rows are copied to the device at once where not all examples are."""


class DeviceExamples:
    """The arrays of some examples, on the device as a whole if they fit, else copied to it some steps at a time.

    Args:
        examples: The examples.
        max_bytes: Size up to which they are on the device as a whole; by default a share of the available memory.
    """

    def __init__(self, examples: Examples, max_bytes: float | None = None) -> None:
        arrays = arrays_of(examples)
        self.first_target = examples.y[:1]
        size = sum(array.nbytes for array in arrays)
        if max_bytes is None:
            free = backend().free_memory()
            max_bytes = MAX_RESIDENT_SHARE * (psutil.virtual_memory().available if free is None else free)
        self.is_resident = size <= max_bytes
        self._arrays: Any = backend().place(arrays) if self.is_resident else arrays

    @property
    def arrays(self) -> Sequence[Any]:
        """The arrays: tensors on the device if `is_resident`, else NumPy arrays."""
        arrays: Sequence[Any] = self._arrays
        return arrays

    def run(self, steps: CompiledSteps, order: np.ndarray) -> dict[str, float]:
        """Run steps, and return the metrics after the last.

        Args:
            steps: Compiled steps.
            order: Rows of each step, (steps, batch).
        """
        if self.is_resident:
            return steps(self._arrays, order)
        results: dict[str, float] = {}
        for part in np.array_split(order, -(-len(order) // STREAMED_STEPS)):
            gathered = [np.asarray(array[part.ravel()]) for array in self._arrays]
            results = steps(backend().place(gathered), np.arange(part.size).reshape(part.shape))
        return results


class Engine:
    """Trains and validates a network, epoch by epoch; its functions are compiled once.

    Args:
        network: A compiled network whose methods are prepared.
    """

    def __init__(self, network: Network) -> None:
        self._network, self._methods = build_optimizers(network), training_methods(network)
        self._has_metrics = False
        methods = self._methods
        self._train = backend().compile_steps(methods.training_step, methods.train_results, self._state, methods.jit)
        self._validate = backend().compile_steps(
            methods.validation_step, methods.validation_results, self._state, False
        )

    @classmethod
    def of(cls, network: Network) -> Engine:
        """Return the engine of a network, the same at every call: to compile takes longer than a small training."""
        engine: Engine | None = vars(network).get("_engine")
        if engine is None:
            engine = network._engine = cls(network)
        return engine

    def train(self, examples: DeviceExamples, orders: Iterable[np.ndarray]) -> dict[str, float]:
        """Train for the steps of `orders`, each (steps, batch), and return the metrics by name."""
        results = self._run(self._train, examples, orders)
        self._methods.finish_train_steps()
        return results

    def validate(self, examples: DeviceExamples, orders: Iterable[np.ndarray]) -> dict[str, float]:
        """Return the metrics for the steps of `orders`, each (steps, batch), by name with the prefix `val_`."""
        return {f"val_{name}": value for name, value in self._run(self._validate, examples, orders).items()}

    def _run(self, steps: CompiledSteps, examples: DeviceExamples, orders: Iterable[np.ndarray]) -> dict[str, float]:
        if not self._has_metrics:
            self._methods.build_metrics(examples.first_target)
            self._has_metrics = True
        self._network.reset_metrics()
        results: dict[str, float] = {}
        for order in orders:
            results = examples.run(steps, order)
        return results

    def _state(self) -> list[Any]:
        return [*all_variables(self._network), *metric_variables(self._network)]
