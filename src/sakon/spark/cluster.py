"""A cluster for nodes: the same function is applied to every item, in tasks of Spark."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from kedro.io import AbstractDataset, DatasetError

from sakon import BACKEND_VARIABLE
from sakon.errors import ClusterError
from sakon.spark import worker_packages
from sakon.spark.session import spark_session

if TYPE_CHECKING:
    from pyspark import Broadcast
    from pyspark.sql import SparkSession

Item = TypeVar("Item")
Output = TypeVar("Output")
Value = TypeVar("Value")
REQUIRED_MODULES = ("keras", "kedro", "numpy", "pandas", "pyarrow", "pydantic", "sklearn", "skops")
PROJECT_ERRORS = ("ClusterError", "DataError", "DivergenceError")
MAX_REASON_LENGTH = 300

_checked_applications: set[str] = set()
"""Identifiers of the Spark applications whose workers have all required modules."""


class Cluster:
    """Runs tasks on Spark.

    Args:
        get_session: Returns the session; it is called when the session is first needed.
    """

    def __init__(self, get_session: Callable[[], SparkSession]) -> None:
        self._get_session = get_session

    @property
    def spark(self) -> SparkSession:
        """The session; its workers have all required modules.

        Raises:
            ClusterError: If there is no session, or a worker lacks a package.
        """
        spark = self._get_session()
        if (application := spark.sparkContext.applicationId) not in _checked_applications:
            _check_workers(spark)
            _checked_applications.add(application)
        return spark

    @property
    def cores(self) -> int:
        """Tasks that the cluster runs at the same time."""
        return int(self.spark.sparkContext.defaultParallelism)

    @property
    def cores_per_task(self) -> int:
        """Cores that Spark gives a task, and so the number of TensorFlow's threads in it."""
        return int(self.spark.sparkContext.getConf().get("spark.task.cpus", "1"))

    @contextmanager
    def broadcast(self, value: Value) -> Iterator[Broadcast[Value]]:
        """Yield a value as a broadcast variable: sent to every worker once, removed at the end of the block."""
        variable = self.spark.sparkContext.broadcast(value)
        try:
            yield variable
        finally:
            variable.destroy()

    def map(self, function: Callable[..., Output], items: Sequence[Item], *broadcasts: Broadcast[Any]) -> list[Output]:
        """Return `function(item, *values)` for every item, in the order of the items; each is a task.

        Args:
            function: A function at module level; it must return the same when a task is repeated.
            items: One item per task.
            *broadcasts: What `broadcast` yields; the function gets the values.

        Raises:
            ClusterError: If a task fails as often as Spark may repeat it.
        """
        context = self.spark.sparkContext
        tasks = context.parallelize(list(items), len(items))
        with translate_errors(getattr(function, "__name__", "task")):
            return list(tasks.map(lambda item: function(item, *(each.value for each in broadcasts))).collect())


def _check_workers(spark: SparkSession) -> None:
    from pyspark import cloudpickle

    # By value: a worker without this project can then report what it lacks.
    cloudpickle.register_pickle_by_value(worker_packages)  # type: ignore[no-untyped-call]
    tasks, modules = spark.sparkContext.defaultParallelism, (*REQUIRED_MODULES, os.environ[BACKEND_VARIABLE])
    with translate_errors("the check of the workers"):
        numbers = spark.sparkContext.parallelize(range(tasks), tasks)
        results = numbers.map(lambda _: worker_packages.find_missing_modules(modules)).collect()
    missing = {host: names for host, names in results if names}
    if missing:
        raise ClusterError(
            *(
                f"Spark worker on {host}: expected the packages of requirements.lock, found none of "
                f"{', '.join(names)}; install them for the interpreter that PYSPARK_PYTHON names there."
                for host, names in sorted(missing.items())
            )
        )


@contextmanager
def translate_errors(action: str) -> Iterator[None]:
    """Replace Spark's message about a failed job, which fills screens, by one sentence.

    Args:
        action: What the block does.

    Raises:
        ClusterError: Instead of any other error.
    """
    try:
        yield
    except Exception as error:  # of py4j, of Spark, or raised by a task
        _raise_cluster_error(action, error)


def _raise_cluster_error(action: str, error: Exception) -> NoReturn:
    text = str(error)
    raised = re.findall(r"^(?:\w+\.)*(\w*(?:Error|Exception)): (.+)$", text, flags=re.MULTILINE)
    project_messages = [message for name, message in raised if name in PROJECT_ERRORS]
    if project_messages:
        raise ClusterError(project_messages[-1]) from None
    lost = re.search(r"(ExecutorLostFailure|Python worker exited unexpectedly|worker .*crashed)", text)
    reasons = [f"{name}: {message}" for name, message in reversed(raised) if "Py4J" not in name]
    reason = lost[1] if lost else [*reasons, text.splitlines()[0]][0]
    raise ClusterError(
        f"Spark: {action} failed as often as Spark may repeat it (spark.task.maxFailures, or the attempts in "
        f"spark.master): {reason[:MAX_REASON_LENGTH]}."
    ) from error


class ClusterDataset(AbstractDataset[NoReturn, Cluster]):
    """The cluster as input of a node; the session is created when the node first uses it.

    Args:
        settings: Spark's settings by name: `${spark:}` is `conf/<environment>/spark.yml`.
        metadata: Read by Kedro plug-ins and hooks.
    """

    optional = True

    def __init__(self, *, settings: Mapping[str, Any], metadata: dict[str, Any] | None = None) -> None:
        self._settings = dict(settings)
        self.metadata = metadata

    def load(self) -> Cluster:
        """Return the cluster."""
        return Cluster(lambda: spark_session(self._settings))

    def save(self, data: NoReturn) -> NoReturn:
        """Raise an error: a cluster cannot be saved."""
        raise DatasetError("A cluster cannot be saved.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"settings": self._settings}
