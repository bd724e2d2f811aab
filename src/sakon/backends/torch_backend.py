"""PyTorch: gradients by autograd; steps run one by one, without compilation."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import torch

if TYPE_CHECKING:
    from sakon.backends import CompiledJointSteps, CompiledSteps, Results, Step, Tensor


def set_deterministic() -> None:
    """See `Backend.set_deterministic`."""
    torch.use_deterministic_algorithms(True)


def runs_eagerly() -> bool:
    """See `Backend.runs_eagerly`: PyTorch has no such setting."""
    return False


def set_eager(is_eager: bool) -> None:
    """See `Backend.set_eager`: nothing is compiled."""


def limit_threads(threads: int) -> None:
    """See `Backend.limit_threads`."""
    torch.set_num_threads(threads)


def free_memory() -> int | None:
    """See `Backend.free_memory`."""
    return int(torch.cuda.mem_get_info()[0]) if torch.cuda.is_available() else None


def place(arrays: Sequence[np.ndarray]) -> Sequence[Tensor]:
    """See `Backend.place`."""
    return [keras.ops.convert_to_tensor(array) for array in arrays]


def minimize(loss: Callable[[], tuple[Tensor, Any]], optimizer: Any, variables: Sequence[Any]) -> tuple[Tensor, Any]:
    """See `Backend.minimize`."""
    with torch.enable_grad():
        value, rest = loss()
        gradients = torch.autograd.grad(value, [variable.value for variable in variables], allow_unused=True)
    with torch.no_grad():
        optimizer.apply(list(gradients), variables)
    return value.detach(), rest


def input_gradient(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """See `Backend.input_gradient`."""
    is_differentiated = torch.is_grad_enabled()
    with torch.enable_grad():
        x = keras.ops.convert_to_tensor(x).detach().requires_grad_()
        (gradient,) = torch.autograd.grad(function(x).sum(), x, create_graph=is_differentiated)
    return gradient


def compile_steps(step: Step, results: Results, state: Callable[[], list[Any]], jit: bool) -> CompiledSteps:
    """See `Backend.compile_steps`."""

    def run_epoch(arrays: Sequence[Tensor], order: np.ndarray) -> dict[str, float]:
        _seed_global_generator(state(), order)
        batches = keras.ops.convert_to_tensor(order.astype(np.int64))
        with torch.no_grad():
            for rows in batches:
                step(tuple(array[rows] for array in arrays))
            return {name: float(value) for name, value in results().items()}

    return run_epoch


def _seed_global_generator(variables: Sequence[Any], order: np.ndarray) -> None:
    """Seed PyTorch's global generator by the counters of a training and the order of its examples.

    Keras' dropout draws from that generator on PyTorch; its state is not in a checkpoint.
    """
    seed = zlib.crc32(np.ascontiguousarray(order).tobytes())
    for variable in variables:
        if "int" in variable.dtype:
            seed = zlib.crc32(np.ascontiguousarray(keras.ops.convert_to_numpy(variable)).tobytes(), seed)
    torch.manual_seed(seed)


def compile_joint_steps(
    step: Step, results: Results, state: Callable[[], list[Any]], arrays: Sequence[Tensor], rows: int
) -> CompiledJointSteps | None:
    """See `Backend.compile_joint_steps`: steps update variables in place, so that each lane runs alone."""
    return None


def compile_call(function: Callable[..., Tensor], variables: Callable[[], list[Any]]) -> Callable[..., np.ndarray]:
    """See `Backend.compile_call`."""

    def call(*arrays: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return np.asarray(keras.ops.convert_to_numpy(function(*map(keras.ops.convert_to_tensor, arrays))))

    return call
