"""How many cores a worker's libraries use."""

from __future__ import annotations

from sakon.quiet import standard_error_kept_back


def limit_threads(cores: int) -> None:
    """Let TensorFlow use the cores that Spark gives a task; what it says at its start is kept back.

    It can be told so only before its first operation: in a process that has begun with others, these stay. Libraries
    of OpenMP (scikit-learn's) follow Spark of themselves, by the variable `OMP_NUM_THREADS` that it sets.

    Args:
        cores: `spark.task.cpus`.
    """
    with standard_error_kept_back():
        import tensorflow as tf

        try:
            tf.config.threading.set_intra_op_parallelism_threads(cores)
            tf.config.threading.set_inter_op_parallelism_threads(cores)
        except RuntimeError:
            return
