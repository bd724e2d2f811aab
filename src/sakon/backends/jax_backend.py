"""JAX: steps are functions of the values of all variables; an epoch runs on the device as one scan."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import keras
import numpy as np
from jax import numpy as jnp

if TYPE_CHECKING:
    from sakon.backends import CompiledJointSteps, CompiledSteps, Results, Step, Tensor

CONVOLUTION = "conv_general_dilated"
"""Primitive that XLA runs without its fast kernels inside of a loop on a CPU: about thirty times slower."""


class Scope(keras.StatelessScope):  # type: ignore[misc]
    """Variables have other values inside; it records which were updated. Others have those of the scope around it."""

    def __init__(self, values: Iterable[tuple[Any, Tensor]]) -> None:
        super().__init__(list(values))
        self.updated: dict[int, Any] = {}

    def add_update(self, update: tuple[Any, Tensor]) -> None:
        """Set the value of a variable inside of the scope."""
        super().add_update(update)
        self.updated[id(update[0])] = update[0]

    def get_current_value(self, variable: Any) -> Tensor:
        """Return the value of a variable inside of the scope."""
        value = super().get_current_value(variable)
        if value is None and self.original_scope is not None:
            return self.original_scope.get_current_value(variable)
        return value


def set_deterministic() -> None:
    """See `Backend.set_deterministic`: on a CPU all operations are; on a GPU by `--xla_gpu_deterministic_ops`."""


def runs_eagerly() -> bool:
    """See `Backend.runs_eagerly`."""
    return bool(jax.config.jax_disable_jit)


def set_eager(is_eager: bool) -> None:
    """See `Backend.set_eager`."""
    jax.config.update("jax_disable_jit", is_eager)


def limit_threads(threads: int) -> None:
    """See `Backend.limit_threads`: XLA has no such setting but the affinity of the process."""
    with suppress(AttributeError, OSError):  # not on every system
        available = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, available[:threads])


def free_memory() -> int | None:
    """See `Backend.free_memory`."""
    statistics = jax.local_devices()[0].memory_stats() or {}
    if "bytes_limit" not in statistics:
        return None
    return int(statistics["bytes_limit"] - statistics["bytes_in_use"])


def place(arrays: Sequence[np.ndarray]) -> Sequence[Tensor]:
    """See `Backend.place`."""
    return [jnp.asarray(array) for array in arrays]


def minimize(loss: Callable[[], tuple[Tensor, Any]], optimizer: Any, variables: Sequence[Any]) -> tuple[Tensor, Any]:
    """See `Backend.minimize`."""
    updated: list[Any] = []

    def loss_of(values: list[Tensor]) -> tuple[Tensor, tuple[Any, list[Tensor]]]:
        with Scope(zip(variables, values, strict=True)) as scope:
            value, rest = loss()
        updated[:] = scope.updated.values()
        return value, (rest, [scope.get_current_value(variable) for variable in updated])

    present = [variable.value for variable in variables]
    (value, (rest, new_values)), gradients = jax.value_and_grad(loss_of, has_aux=True)(present)
    for variable, new_value in zip(updated, new_values, strict=True):
        variable.assign(new_value)
    optimizer.apply(gradients, variables)
    return value, rest


def input_gradient(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """See `Backend.input_gradient`; updates of variables inside of the function have no effect."""

    def total(inputs: Tensor) -> Tensor:
        with Scope([]):
            return jnp.sum(function(inputs))

    return jax.grad(total)(jnp.asarray(x))


class _Functions(NamedTuple):
    """Steps as functions of the values of all variables, each compiled when it is first called."""

    one_step: Any
    all_steps: Any
    final_results: Any


def _as_functions(step: Step, results: Results, state: Callable[[], list[Any]]) -> _Functions:
    """Return a step, all steps as one scan, and the metrics."""

    def one_step(values: list[Tensor], arrays: list[Tensor], rows: Tensor) -> list[Tensor]:
        variables = state()
        with Scope(zip(variables, values, strict=True)) as scope:
            step(tuple(array[rows] for array in arrays))
        return [scope.get_current_value(variable) for variable in variables]

    def all_steps(values: list[Tensor], arrays: list[Tensor], order: Tensor) -> list[Tensor]:
        final, _ = jax.lax.scan(lambda present, rows: (compiled_step(present, arrays, rows), None), values, order)
        return list(final)

    def final_results(values: list[Tensor]) -> dict[str, Tensor]:
        with Scope(zip(state(), values, strict=True)):
            return dict(results())

    compiled_step = jax.jit(one_step)
    return _Functions(compiled_step, jax.jit(all_steps), jax.jit(final_results))


def compile_steps(step: Step, results: Results, state: Callable[[], list[Any]], jit: bool) -> CompiledSteps:
    """See `Backend.compile_steps`: one scan over the steps, or on a CPU with convolutions one call per step."""
    functions = _as_functions(step, results, state)
    loops: dict[int, bool] = {}

    def run_epoch(arrays: Sequence[Tensor], order: np.ndarray) -> dict[str, float]:
        variables, arrays = state(), list(arrays)
        values, rows = [variable.value for variable in variables], jnp.asarray(order, jnp.int32)
        size = order.shape[1]
        if size not in loops:
            loops[size] = len(order) > 1 and _is_fast_in_loop(functions.one_step, values, arrays, rows[0])
        if loops[size]:
            values = functions.all_steps(values, arrays, rows)
        else:
            for rows_of_step in rows:
                values = functions.one_step(values, arrays, rows_of_step)
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        return {name: float(value) for name, value in functions.final_results(values).items()}

    return run_epoch


def compile_joint_steps(
    step: Step, results: Results, state: Callable[[], list[Any]], arrays: Sequence[Tensor], rows: int
) -> CompiledJointSteps | None:
    """See `Backend.compile_joint_steps`: the epoch, mapped over the lanes.

    Convolutions with a kernel per lane become one of many groups, which takes at least as long as one after the other.
    """
    functions, arrays = _as_functions(step, results, state), list(arrays)
    present = [variable.value for variable in state()]
    if _has_convolution(functions.one_step, present, arrays, jnp.zeros(rows, jnp.int32)):
        return None
    of_lanes = jax.jit(jax.vmap(functions.all_steps, in_axes=(0, None, 0)))
    with_one_order = jax.jit(jax.vmap(functions.all_steps, in_axes=(0, None, None)))
    results_of_lanes = jax.jit(jax.vmap(functions.final_results))

    def run_epoch(
        values: Sequence[Tensor], arrays: Sequence[Tensor], order: np.ndarray
    ) -> tuple[list[Tensor], dict[str, np.ndarray]]:
        all_steps = of_lanes if order.ndim == 3 else with_one_order
        new_values = all_steps(list(values), list(arrays), jnp.asarray(order, jnp.int32))
        return new_values, {name: np.asarray(value) for name, value in results_of_lanes(new_values).items()}

    return run_epoch


def _is_fast_in_loop(step: Any, values: list[Tensor], arrays: list[Tensor], rows: Tensor) -> bool:
    """Return whether a step may run inside of a scan."""
    return jax.default_backend() != "cpu" or not _has_convolution(step, values, arrays, rows)


def _has_convolution(step: Any, values: list[Tensor], arrays: list[Tensor], rows: Tensor) -> bool:
    return CONVOLUTION in str(step.trace(values, arrays, rows).jaxpr)


def compile_call(function: Callable[..., Tensor], variables: Callable[[], list[Any]]) -> Callable[..., np.ndarray]:
    """See `Backend.compile_call`: rows are padded to a power of two, because each number of rows is compiled."""

    def on_values(values: list[Tensor], *arrays: Tensor) -> Tensor:
        with Scope(zip(variables(), values, strict=True)):
            return function(*arrays)

    compiled = jax.jit(on_values)

    def call(*arrays: np.ndarray) -> np.ndarray:
        rows = len(arrays[0])
        padding = (1 << max(rows - 1, 0).bit_length()) - rows
        padded = [np.concatenate([array, np.repeat(array[-1:], padding, axis=0)]) for array in arrays]
        return np.asarray(compiled([variable.value for variable in variables()], *padded))[:rows]

    return call
