"""The store made ready: reachable, migrated, with the problem's experiment, without runs that died."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sakon.errors import TrackingError
from sakon.tracking.config import MlflowConfig

SQLITE = "sqlite:///"
LONGEST_LOCK = 120
CLOCK_ERROR = 60
RETRIES = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
WAYS = {
    RETRIES: "2",  # the seven of MLflow take four minutes to say that a server is dead
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_UV_AUTO_DETECT": "false",  # requirements are given
}


def _default_address() -> str:
    return MlflowConfig().uri(Path.cwd())


@dataclass
class _Use:
    """What this process knows of its store; the registry's datasets look it up."""

    address: Callable[[], str] = _default_address
    ready: str | None = None
    off: bool = False


_use = _Use()


def locate(address: Callable[[], str]) -> None:
    """Keep how to find the address of the store, for those who look into it outside a run."""
    _use.address, _use.ready, _use.off = address, None, False


def switch_off() -> None:
    """Let the registry be empty for the rest of the session: the store cannot be reached."""
    _use.off = True


def in_use() -> str | None:
    """Return the address of a store that answers, or `None`; a SQLite file that is missing is not made."""
    if _use.off:
        return None
    if _use.ready is None:
        uri = _use.address()
        if uri.startswith(SQLITE) and not Path(uri.removeprefix(SQLITE)).exists():
            return None
        try:
            prepare(uri, MlflowConfig().timeout_seconds)
        except TrackingError:
            _use.off = True
            return None
    return _use.ready


def prepare(uri: str, timeout: float, problem: str | None = None) -> str | None:
    """Make sure that the store answers, before anything is computed.

    A fresh SQLite file is migrated by one process at a time: MLflow's own start races.

    Args:
        uri: Address of the store.
        timeout: Longest wait for a server, in seconds.
        problem: Name of the experiment to find or make.

    Returns:
        The experiment's id, or `None` where no problem is named.

    Raises:
        TrackingError: If the store cannot be used.
    """
    for name, value in WAYS.items():
        os.environ.setdefault(name, value)
    experiment = _in_file(uri, problem) if uri.startswith(SQLITE) else _on_server(uri, timeout, problem)
    _activate(uri)
    _use.ready, _use.off = uri, False
    return experiment


def sweep(experiment: str) -> None:
    """Mark as killed the runs that this machine began and whose process is gone."""
    import mlflow

    client = mlflow.MlflowClient()
    mine = f"attributes.status = 'RUNNING' and tags.`sakon.host` = '{socket.gethostname()}'"
    for run in client.search_runs([experiment], mine):
        if _is_gone(int(run.data.tags.get("sakon.pid", 0)), run.info.start_time / 1000):
            client.set_tag(run.info.run_id, "sakon.failure", "the process was killed")
            client.set_terminated(run.info.run_id, "KILLED")


def _is_gone(pid: int, began: float) -> bool:
    import psutil

    try:
        return bool(psutil.Process(pid).create_time() > began + CLOCK_ERROR)  # a new process with the same number
    except psutil.NoSuchProcess:
        return True


def _in_file(uri: str, problem: str | None) -> str | None:
    from filelock import FileLock

    path = Path(uri.removeprefix(SQLITE))
    try:
        with FileLock(f"{path}.lock", timeout=LONGEST_LOCK):
            return _experiment(uri, problem, path.parent.absolute() / "mlruns")
    except Exception as error:
        raise TrackingError(
            f"{path}: expected an MLflow store, found a file that cannot be used ({reason_of(error)}); move it away, "
            f"set MLFLOW_TRACKING_URI to another, or train without it by --params mlflow.required=false."
        ) from error


def _on_server(uri: str, timeout: float, problem: str | None) -> str | None:
    """Ask in a thread of its own: neither names nor sockets can be trusted to keep the time."""
    import mlflow  # noqa: F401  # two seconds that are not the server's

    found: list[str | None] = []
    errors: list[Exception] = [TimeoutError("timed out")]

    def ask() -> None:
        try:
            found.append(_experiment(uri, problem, None))
        except Exception as error:  # whatever it is, it is the server's answer
            errors.append(error)

    with _variable(RETRIES, "0"):
        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(timeout)
    if found:
        return found[0]
    raise TrackingError(
        f"MLflow server {uri}: expected an answer within {timeout:g} s, found none ({reason_of(errors[-1])}); start "
        f"it, set MLFLOW_TRACKING_URI, or train without it by --params mlflow.required=false."
    ) from errors[-1]


def _experiment(uri: str, problem: str | None, files: Path | None) -> str | None:
    """Return the id of the problem's experiment, made or taken out of the bin if need be."""
    import mlflow
    from mlflow.exceptions import MlflowException

    client = mlflow.MlflowClient(uri, uri)
    if problem is None:
        client.search_experiments(max_results=1)
        return None
    found = client.get_experiment_by_name(problem)
    if found is None:
        try:
            return str(client.create_experiment(problem, (files / problem).as_uri() if files else None))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            found = client.get_experiment_by_name(problem)
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)


def _activate(uri: str) -> None:
    """Make the store MLflow's own; MLflow would also leave the address in the environment for later sessions."""
    import mlflow

    with _variable("MLFLOW_TRACKING_URI", os.environ.get("MLFLOW_TRACKING_URI")):
        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(uri)


@contextmanager
def _variable(name: str, value: str | None) -> Iterator[None]:
    before = os.environ.get(name)
    if value is not None:
        os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name, None)
        if before is not None:
            os.environ[name] = before


def reason_of(error: BaseException) -> str:
    """Return the first line of an error; of a failed connection, what the system said."""
    text = (str(error).strip() or repr(error)).splitlines()[0]
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
        if isinstance(error, OSError) and error.strerror:
            return error.strerror
    return text if len(text) <= 200 else f"{text[:200]} …"
