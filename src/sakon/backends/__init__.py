"""What differs between Keras' backends: gradients, and the compilation of steps and of calls.

Networks and the training loop are written once, with `keras.ops`, `keras.random` and `compute_loss`; they use these
functions for the rest. Each module of this package implements `Backend` for one backend.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Protocol, TypeAlias, cast

import numpy as np

from sakon.lazy import keras

Tensor: TypeAlias = Any
"""A tensor of the present backend."""
Step: TypeAlias = Callable[[tuple[Tensor, ...]], None]
"""A function of one batch, (x, y) or (x, y, weight), that updates Keras variables."""
Results: TypeAlias = Callable[[], Mapping[str, Tensor]]
"""A function that returns the present values of metrics, scalars by name."""
CompiledSteps: TypeAlias = Callable[[Sequence[Tensor], np.ndarray], dict[str, float]]
"""A function of arrays and of the rows of each step, (steps, batch), that runs the steps."""
CompiledJointSteps: TypeAlias = Callable[
    [Sequence[Tensor], Sequence[Tensor], np.ndarray], tuple[list[Tensor], dict[str, np.ndarray]]
]
"""A function of the values of all variables, (lanes, …) each, of arrays, and of the rows of each step, (steps, batch)
for all lanes or (lanes, steps, batch), that runs the steps; it returns the new values and the metrics, (lanes,)."""


class Backend(Protocol):
    """The functions of a backend's module."""

    def set_deterministic(self) -> None:
        """Choose operations whose result is the same in every run, for the whole process."""

    def runs_eagerly(self) -> bool:
        """Return whether functions are not compiled, as in a debugging session."""

    def set_eager(self, is_eager: bool) -> None:
        """Set whether functions are not compiled."""

    def limit_threads(self, threads: int) -> None:
        """Let operations use this many threads at most; it has no effect after the first operation."""

    def free_memory(self) -> int | None:
        """Return how many bytes are free on the device; `None` if it is the processor, which has the host's memory."""

    def place(self, arrays: Sequence[np.ndarray]) -> Sequence[Tensor]:
        """Return the arrays as tensors on the device."""

    def minimize(
        self, loss: Callable[[], tuple[Tensor, Any]], optimizer: Any, variables: Sequence[Any]
    ) -> tuple[Tensor, Any]:
        """Update variables once by the gradient of a loss.

        Args:
            loss: Returns the loss, a scalar, and anything else that was computed with it.
            optimizer: Keras optimizer, built for the variables.
            variables: Keras variables to differentiate with respect to.

        Returns:
            The loss before the update, and the rest of what `loss` returned.
        """

    def input_gradient(self, function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        """Return the gradient of the sum of a function's values at `x`, of the shape of `x`; it is differentiable."""

    def compile_steps(self, step: Step, results: Results, state: Callable[[], list[Any]], jit: bool) -> CompiledSteps:
        """Return a function that runs steps one after the other and returns metrics after the last.

        Args:
            step: One step.
            results: The metrics to return.
            state: Returns every Keras variable that a step reads or updates.
            jit: Whether XLA's compilation saves more time than it takes, where it is a choice.
        """

    def compile_joint_steps(
        self, step: Step, results: Results, state: Callable[[], list[Any]], arrays: Sequence[Tensor], rows: int
    ) -> CompiledJointSteps | None:
        """Return a function that runs steps for several values of all variables (lanes) at once.

        Args:
            step: One step.
            results: The metrics to return.
            state: Returns every Keras variable that a step reads or updates; the function neither reads nor sets their
                own values.
            arrays: The arrays that the steps take rows of.
            rows: Rows of a step.

        Returns:
            The function, or `None` if lanes one after the other are at least as fast.
        """

    def compile_call(
        self, function: Callable[..., Tensor], variables: Callable[[], list[Any]]
    ) -> Callable[..., np.ndarray]:
        """Return a compiled function of arrays that share their first axis; each row of its result has one input row.

        Args:
            function: A function of tensors, which reads Keras variables and updates none that matters.
            variables: Returns the Keras variables that it reads.
        """


@cache
def backend() -> Backend:
    """Return the functions of the backend that Keras runs on."""
    return cast(Backend, import_module(backend_module(keras.backend.backend())))


def backend_module(name: str) -> str:
    """Return the name of the module of a backend."""
    return f"{__name__}.{name}_backend"
