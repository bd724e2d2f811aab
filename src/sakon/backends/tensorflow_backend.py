"""TensorFlow: gradients by tape; many steps of a training in one graph function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

if TYPE_CHECKING:
    from sakon.backends import CompiledJointSteps, CompiledSteps, Results, Step, Tensor

MAX_STEPS_PER_CALL = 128
"""Between calls a training can be interrupted."""


def set_deterministic() -> None:
    """See `Backend.set_deterministic`."""
    tf.config.experimental.enable_op_determinism()


def runs_eagerly() -> bool:
    """See `Backend.runs_eagerly`."""
    return bool(tf.config.functions_run_eagerly())


def set_eager(is_eager: bool) -> None:
    """See `Backend.set_eager`."""
    tf.config.run_functions_eagerly(is_eager)


def limit_threads(threads: int) -> None:
    """See `Backend.limit_threads`."""
    with suppress(RuntimeError):  # TensorFlow has run an operation
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)


def free_memory() -> int | None:
    """See `Backend.free_memory`: TensorFlow limits its own use, and says how much it uses."""
    if not tf.config.list_physical_devices("GPU"):
        return None
    from tensorflow.python.client import device_lib

    limits = [each.memory_limit for each in device_lib.list_local_devices() if each.device_type == "GPU"]
    return int(limits[0] - tf.config.experimental.get_memory_info("GPU:0")["current"])


def place(arrays: Sequence[np.ndarray]) -> Sequence[Tensor]:
    """See `Backend.place`."""
    return [tf.constant(array) for array in arrays]


def minimize(loss: Callable[[], tuple[Tensor, Any]], optimizer: Any, variables: Sequence[Any]) -> tuple[Tensor, Any]:
    """See `Backend.minimize`."""
    with tf.GradientTape() as tape:
        value, rest = loss()
    optimizer.apply(tape.gradient(value, list(variables)), variables)
    return value, rest


def input_gradient(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """See `Backend.input_gradient`."""
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        values = function(x)
    return tape.gradient(values, x)


def compile_steps(step: Step, results: Results, state: Callable[[], list[Any]], jit: bool) -> CompiledSteps:
    """See `Backend.compile_steps`: a loop in the graph, which gathers the rows of each step."""
    compiled_step = tf.function(step, jit_compile=True, autograph=False) if jit else step

    def run(arrays: Sequence[tf.Tensor], order: tf.Tensor) -> dict[str, tf.Tensor]:
        def one_step(number: tf.Tensor) -> tf.Tensor:
            rows = tf.gather(order, number)
            compiled_step(tuple(tf.gather(array, rows) for array in arrays))
            return number + 1

        steps = tf.shape(order)[0]
        tf.while_loop(lambda number: number < steps, one_step, [tf.constant(0)], parallel_iterations=1)
        return dict(results())

    functions: dict[int, Any] = {}

    def run_epoch(arrays: Sequence[Tensor], order: np.ndarray) -> dict[str, float]:
        rows = order.shape[1]
        if rows not in functions:
            shapes = [tf.TensorSpec((None, *array.shape[1:]), array.dtype) for array in arrays]
            functions[rows] = tf.function(
                run, input_signature=[shapes, tf.TensorSpec((None, rows), tf.int32)], autograph=False
            )
        values: dict[str, tf.Tensor] = {}
        for part in np.array_split(order.astype(np.int32), -(-len(order) // MAX_STEPS_PER_CALL)):
            values = functions[rows](list(arrays), tf.constant(part))
        return {name: float(value) for name, value in values.items()}

    return run_epoch


def compile_joint_steps(
    step: Step, results: Results, state: Callable[[], list[Any]], arrays: Sequence[Tensor], rows: int
) -> CompiledJointSteps | None:
    """See `Backend.compile_joint_steps`: steps update variables in place, so that each lane runs alone."""
    return None


def compile_call(function: Callable[..., Tensor], variables: Callable[[], list[Any]]) -> Callable[..., np.ndarray]:
    """See `Backend.compile_call`: one graph function for any number of rows."""
    compiled: list[Any] = []

    def call(*arrays: np.ndarray) -> np.ndarray:
        if not compiled:
            signature = [tf.TensorSpec((None, *array.shape[1:]), array.dtype) for array in arrays]
            compiled.append(tf.function(function, input_signature=signature, autograph=False))
        return np.asarray(compiled[0](*arrays))

    return call
