"""A worker's process: how many cores its libraries use, and what its garbage collector looks at."""

from __future__ import annotations

import gc

from sakon.stderr import suppressed_stderr


def limit_threads(cores: int) -> None:
    """Let TensorFlow use the cores that Spark gives a task; what it says at its start is kept back.

    It can be told so only before its first operation: in a process that has begun with others, these stay. Libraries
    of OpenMP (scikit-learn's) follow Spark of themselves, by the variable `OMP_NUM_THREADS` that it sets.

    Args:
        cores: `spark.task.cpus`.
    """
    with suppressed_stderr():
        import tensorflow as tf

        try:
            tf.config.threading.set_intra_op_parallelism_threads(cores)
            tf.config.threading.set_inter_op_parallelism_threads(cores)
        except RuntimeError:
            return


def keep_for_good() -> None:
    """Let the garbage collector pass over all that this process holds now.

    Spark's worker collects after every task; with TensorFlow's modules in memory that takes 0.2 seconds each time.
    """
    gc.collect()
    gc.freeze()
