"""Tasks on a cluster, as nodes see it: the same function for every item, answers in the order of the items."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from kedro.io import AbstractDataset, DatasetError

from sakon.errors import ClusterError
from sakon.spark.probe import missing_modules
from sakon.spark.session import session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Item = TypeVar("Item")
Answer = TypeVar("Answer")
NEEDED = ("keras", "kedro", "numpy", "pandas", "pyarrow", "pydantic", "sklearn", "skops", "tensorflow")

_checked: set[str] = set()
"""Sessions whose workers were found to have what the project needs."""


class Cluster:
    """Runs tasks on Spark.

    Args:
        spark: The session, or what makes it when it is first needed.
    """

    def __init__(self, spark: Callable[[], SparkSession]) -> None:
        self._spark = spark

    @property
    def spark(self) -> SparkSession:
        """The session; the workers have what the project needs.

        Raises:
            ClusterError: If there is no session to be had, or a worker lacks a package.
        """
        spark = self._spark()
        if (application := spark.sparkContext.applicationId) not in _checked:
            self._check_workers(spark)
            _checked.add(application)
        return spark

    @property
    def cores(self) -> int:
        """Tasks that the cluster runs at a time."""
        return int(self.spark.sparkContext.defaultParallelism)

    @property
    def cores_per_task(self) -> int:
        """Cores that Spark gives a task, which TensorFlow's threads follow."""
        return int(self.spark.sparkContext.getConf().get("spark.task.cpus", "1"))

    @contextmanager
    def shared(self, value: Any) -> Iterator[Any]:
        """Yield a value as every worker has it: sent once, read as `.value`, forgotten afterwards."""
        sent = self.spark.sparkContext.broadcast(value)
        try:
            yield sent
        finally:
            sent.destroy()

    def run(self, task: Callable[..., Answer], items: Sequence[Item], *shared: Any) -> list[Answer]:
        """Run `task(item, *values)` for every item, each a task of its own, and return their answers in order.

        Args:
            task: A function of a module, which gives the same answer when it is tried again.
            items: What differs from task to task.
            *shared: What `shared` yields; tasks get the values.

        Raises:
            ClusterError: If a task fails as often as Spark may try it.
        """
        context = self.spark.sparkContext
        each = context.parallelize(list(items), len(items))
        with plain_failures(getattr(task, "__name__", "task")):
            return list(each.map(lambda item: task(item, *(value.value for value in shared))).collect())

    def _check_workers(self, spark: SparkSession) -> None:
        from pyspark import cloudpickle

        from sakon.spark import probe

        # By value: a worker that lacks even this project can then say so.
        cloudpickle.register_pickle_by_value(probe)  # type: ignore[no-untyped-call]
        tasks = spark.sparkContext.defaultParallelism
        with plain_failures("the check of the workers"):
            found = spark.sparkContext.parallelize(range(tasks), tasks).map(lambda _: missing_modules(NEEDED)).collect()
        lacking = {host: names for host, names in found if names}
        if lacking:
            raise ClusterError(
                *(
                    f"Spark worker on {host}: expected the packages of requirements.lock, found none of "
                    f"{', '.join(names)}; install them for the interpreter that PYSPARK_PYTHON names there."
                    for host, names in sorted(lacking.items())
                )
            )


@contextmanager
def plain_failures(what: str) -> Iterator[None]:
    """Turn what Spark says of a failed job, which fills screens, into one sentence.

    Args:
        what: What failed.

    Raises:
        ClusterError: In its place.
    """
    try:
        yield
    except Exception as error:  # py4j, Spark's own, or what a task raised
        _say_plainly(what, error)


def _say_plainly(what: str, error: Exception) -> NoReturn:
    text = str(error)
    raised = re.findall(r"^(?:\w+\.)*(\w*(?:Error|Exception)): (.+)$", text, flags=re.MULTILINE)
    own = [sentence for kind, sentence in raised if kind in ("ClusterError", "DataError", "DivergenceError")]
    if own:
        raise ClusterError(own[-1]) from None
    lost = re.search(r"(ExecutorLostFailure|Python worker exited unexpectedly|worker .*crashed)", text)
    named = [f"{kind}: {said}" for kind, said in reversed(raised) if "Py4J" not in kind]
    reason = lost[1] if lost else [*named, text.splitlines()[0]][0]
    raise ClusterError(
        f"Spark: {what} failed as often as Spark may try it (spark.master's attempts, or spark.task.maxFailures): "
        f"{reason[:300]}."
    ) from error


class ClusterDataset(AbstractDataset[Any, Cluster]):
    """Hands a node the cluster; the session is made when the node first asks something of it.

    Args:
        settings: Spark's settings, by their names: `${spark:}` is `conf/<environment>/spark.yml`.
        metadata: Read by Kedro plug-ins and hooks.
    """

    optional = True

    def __init__(self, *, settings: Mapping[str, Any], metadata: dict[str, Any] | None = None) -> None:
        self._settings = dict(settings)
        self.metadata = metadata

    def load(self) -> Cluster:
        """Return the cluster."""
        return Cluster(lambda: session(self._settings))

    def save(self, data: Any) -> NoReturn:
        """Refuse: a cluster is used, not written."""
        raise DatasetError("A cluster is used here, never written.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"settings": self._settings}
