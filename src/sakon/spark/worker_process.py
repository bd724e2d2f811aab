"""A Python worker process of Spark: its threads, its garbage collector, and what it keeps between tasks."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Generic, TypeVar

from sakon.backends import backend
from sakon.stderr import suppressed_stderr

Value = TypeVar("Value")


class ProcessCache(Generic[Value]):
    """Keeps one value in a worker process between tasks, such as a model: the value of the last key.

    Spark reuses its Python processes, and any of them may get any task. A value depends on its key alone, so a task
    has the same result in a new process.
    """

    def __init__(self) -> None:
        self._values: dict[str, Value] = {}

    def get(self, key: str, create: Callable[[], Value], cores: int) -> Value:
        """Return the value of a key; the value of another key is removed first, to free its memory.

        Args:
            key: Digest of everything that the value depends on.
            create: Returns a new value.
            cores: Cores per task; see `limit_threads`.
        """
        if key not in self._values:
            self._values.clear()
            limit_threads(cores)
            self._values[key] = create()
            freeze_garbage_collector()
        return self._values[key]


def limit_threads(cores: int) -> None:
    """Let Keras' backend use the cores that Spark gives a task; messages at its start are suppressed.

    In a process that has run an operation, nothing changes. Libraries that use OpenMP (scikit-learn) read the variable
    `OMP_NUM_THREADS`, which Spark sets.

    Args:
        cores: `spark.task.cpus`.
    """
    with suppressed_stderr():
        backend().limit_threads(cores)


def freeze_garbage_collector() -> None:
    """Exclude all current objects of this process from garbage collection.

    Spark's worker collects garbage after every task; with TensorFlow's modules in memory that takes 0.2 seconds.
    """
    gc.collect()
    gc.freeze()
