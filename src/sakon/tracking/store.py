"""The MLflow store: reachable, migrated, with the problem's experiment, without runs of dead processes."""

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
SQLITE_HEADER = b"SQLite format 3\0"
MAX_LOCK_SECONDS = 120
MAX_CLOCK_DIFFERENCE = 60
"""Seconds by which the start of a run may precede that of its process."""
MAX_REASON_LENGTH = 200
RETRIES = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
ENVIRONMENT = {
    RETRIES: "2",  # with MLflow's seven it takes four minutes to report a dead server
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_UV_AUTO_DETECT": "false",  # requirements are listed explicitly
}
"""Variables that are set unless the user has set them."""


def _default_address() -> str:
    return MlflowConfig().uri(Path.cwd())


@dataclass
class _StoreState:
    """The store of the current session; MLflow itself has one store per process.

    Attributes:
        find_address: Returns the address of the store.
        ready_address: Address of the store once it is prepared.
        disabled: Whether the store could not be used in this session.
    """

    find_address: Callable[[], str] = _default_address
    ready_address: str | None = None
    disabled: bool = False


_state = _StoreState()


def locate(find_address: Callable[[], str]) -> None:
    """Set how the address of the store is found outside a run."""
    _state.find_address, _state.ready_address, _state.disabled = find_address, None, False


def disable() -> None:
    """Treat the registry as empty for the rest of the session."""
    _state.disabled = True


def available_address() -> str | None:
    """Return the address of the store if it responds, else `None`; a missing SQLite file is not created."""
    if _state.disabled:
        return None
    if _state.ready_address is None:
        uri = _state.find_address()
        if uri.startswith(SQLITE) and not Path(uri.removeprefix(SQLITE)).exists():
            return None
        try:
            prepare(uri, MlflowConfig().timeout_seconds)
        except TrackingError:
            _state.disabled = True
            return None
    return _state.ready_address


def prepare(uri: str, timeout: float, problem: str | None = None) -> str | None:
    """Check that the store responds, and migrate a new SQLite file.

    Processes migrate the same file one after another: MLflow does not guard against a race.

    Args:
        uri: Address of the store.
        timeout: Maximum wait for a server, in seconds.
        problem: Name of the experiment to find or create.

    Returns:
        The id of the experiment; `None` if no problem is named.

    Raises:
        TrackingError: If the store cannot be used.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    experiment = _prepare_file(uri, problem) if uri.startswith(SQLITE) else _ask_server(uri, timeout, problem)
    _activate(uri)
    _state.ready_address, _state.disabled = uri, False
    return experiment


def close_dead_runs(experiment: str) -> None:
    """Mark as killed the open runs that this machine started and whose process has ended."""
    import mlflow

    client = mlflow.MlflowClient()
    open_here = f"attributes.status = 'RUNNING' and tags.`sakon.host` = '{socket.gethostname()}'"
    for run in client.search_runs([experiment], open_here):
        if _has_ended(int(run.data.tags.get("sakon.pid", 0)), run.info.start_time / 1000):
            client.set_tag(run.info.run_id, "sakon.failure", "the process was killed")
            client.set_terminated(run.info.run_id, "KILLED")


def _has_ended(pid: int, run_started: float) -> bool:
    """Return whether the process that started a run has ended; its number may belong to a new process."""
    import psutil

    try:
        return bool(psutil.Process(pid).create_time() > run_started + MAX_CLOCK_DIFFERENCE)
    except psutil.NoSuchProcess:
        return True


def _check_header(path: Path) -> None:
    """Check that a file, if it exists and is not empty, begins as every SQLite database does.

    Source: https://www.sqlite.org/fileformat.html, section 1.3.1.

    Raises:
        ValueError: If it does not.
    """
    if not path.is_file() or not path.stat().st_size:
        return
    with path.open("rb") as file:
        if file.read(len(SQLITE_HEADER)) != SQLITE_HEADER:
            raise ValueError("it is no SQLite database")


def _prepare_file(uri: str, problem: str | None) -> str | None:
    from filelock import FileLock

    path = Path(uri.removeprefix(SQLITE))
    try:
        _check_header(path)  # MLflow would try to open the file for more than a minute
        with FileLock(f"{path}.lock", timeout=MAX_LOCK_SECONDS):
            return _find_experiment(uri, problem, path.parent.absolute() / "mlruns")
    except Exception as error:
        raise TrackingError(
            f"{path}: expected an MLflow store, found a file that cannot be used ({error_reason(error)}); move it "
            f"away, set MLFLOW_TRACKING_URI to another store, or train without it: --params mlflow.required=false."
        ) from error


def _ask_server(uri: str, timeout: float, problem: str | None) -> str | None:
    """Find the experiment in a thread: name resolution and sockets do not obey the timeout reliably."""
    import mlflow  # noqa: F401  # its import takes two seconds, which are not the server's

    results: list[str | None] = []
    errors: list[Exception] = [TimeoutError("timed out")]

    def ask() -> None:
        try:
            results.append(_find_experiment(uri, problem, None))
        except Exception as error:  # any error means that the server cannot be used
            errors.append(error)

    with _variable(RETRIES, "0"):
        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(timeout)
    if results:
        return results[0]
    raise TrackingError(
        f"MLflow server {uri}: expected a response within {timeout:g} s, found none ({error_reason(errors[-1])}); "
        f"start it, set MLFLOW_TRACKING_URI, or train without it: --params mlflow.required=false."
    ) from errors[-1]


def _find_experiment(uri: str, problem: str | None, files: Path | None) -> str | None:
    """Return the id of the problem's experiment, which is created or restored if necessary."""
    import mlflow
    from mlflow.exceptions import MlflowException

    client = mlflow.MlflowClient(uri, uri)
    if problem is None:
        client.search_experiments(max_results=1)
        return None
    experiment = client.get_experiment_by_name(problem)
    if experiment is None:
        try:
            return str(client.create_experiment(problem, (files / problem).as_uri() if files else None))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            experiment = client.get_experiment_by_name(problem)
    if experiment.lifecycle_stage == "deleted":
        client.restore_experiment(experiment.experiment_id)
    return str(experiment.experiment_id)


def _activate(uri: str) -> None:
    """Set the store in MLflow, but not in the environment, where MLflow would leave it for later sessions."""
    import mlflow

    with _variable("MLFLOW_TRACKING_URI", os.environ.get("MLFLOW_TRACKING_URI")):
        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(uri)


@contextmanager
def _variable(name: str, value: str | None) -> Iterator[None]:
    """Set an environment variable for a while; it is restored also if the block changed it."""
    before = os.environ.get(name)
    if value is not None:
        os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name, None)
        if before is not None:
            os.environ[name] = before


def error_reason(error: BaseException) -> str:
    """Return the first line of an error; for a failed connection, the message of the operating system."""
    text = (str(error).strip() or repr(error)).splitlines()[0]
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
        if isinstance(error, OSError) and error.strerror:
            return error.strerror
    return text if len(text) <= MAX_REASON_LENGTH else f"{text[:MAX_REASON_LENGTH]} …"
