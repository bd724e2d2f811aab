"""Errors of a device without memory, with the texts of every backend."""

from __future__ import annotations

import pytest

from sakon.training.memory_errors import FamilyMemoryError, format_bytes, is_memory_error, needed_bytes


class ResourceExhaustedError(Exception):
    """As TensorFlow's."""


class OutOfMemoryError(RuntimeError):
    """As PyTorch's."""


class JaxRuntimeError(RuntimeError):
    """As JAX's."""


CASES: dict[str, tuple[Exception, int | None]] = {
    "numpy": (
        MemoryError("Unable to allocate 7.28 TiB for an array with shape (1000000, 1000000) and data type float64"),
        int(7.28 * 2**40),
    ),
    "python": (MemoryError(), None),
    "tensorflow": (
        ResourceExhaustedError(
            "{{function_node __wrapped__Fill_device_/job:localhost/device:CPU:0}} OOM when allocating tensor with "
            "shape[1000000,1000000] and type float on /job:localhost/device:GPU:0 by allocator GPU_0_bfc [Op:Fill]"
        ),
        4 * 10**12,
    ),
    "tensorflow without a shape": (ResourceExhaustedError("failed to allocate memory [Op:Mul]"), None),
    "jax": (JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 40000000000000 bytes."), 4 * 10**13),
    "jax on a gpu": (
        JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 17179869184 bytes."), 2**34,
    ),
    "torch on a gpu": (
        OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 15.77 GiB"),
        20 * 2**30,
    ),
    "torch": (
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to "
            "allocate 4000000000000 bytes. Error code 12 (Cannot allocate memory)"
        ),
        4 * 10**12,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_errors_of_every_backend_are_recognized(name: str) -> None:
    error, expected = CASES[name]
    assert is_memory_error(error)
    assert needed_bytes(error) == expected


def test_the_cause_of_an_error_counts() -> None:
    error = RuntimeError("node failed")
    error.__cause__ = MemoryError("Unable to allocate 2.0 KiB for an array")
    assert is_memory_error(error)
    assert needed_bytes(error) == 2048


@pytest.mark.parametrize("error", [RuntimeError("shapes differ"), ValueError("RESOURCE_EXHAUSTED"), OSError(12, "x")])
def test_other_errors_are_not(error: Exception) -> None:
    assert not is_memory_error(error)


@pytest.mark.parametrize(
    ("count", "text"), [(17, "17 bytes"), (2048, "2 KiB"), (4 * 10**12, "3.64 TiB"), (20 * 2**30, "20 GiB")]
)
def test_format_bytes(count: int, text: str) -> None:
    assert format_bytes(count) == text


def test_the_sentence_names_amount_and_remedies() -> None:
    error = FamilyMemoryError("cnn", 2**34, ["lower cnn.batch_size", "lower run.workers"])
    assert str(error) == (
        "Family cnn: expected its arrays to fit into the free memory of the device, found an array of 16 GiB that does "
        "not; lower cnn.batch_size, or lower run.workers."
    )
    assert "found an array that does not fit; free memory." in str(FamilyMemoryError("som", None, ["free memory"]))
