"""The MLflow store: reachable, migrated, with the problem's experiment."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sakon.errors import TrackingError
from sakon.tracking.address import StoreAddress, parse_address
from sakon.tracking.causes import Cause, cause_of, error_reason
from sakon.tracking.config import MlflowConfig
from sakon.tracking.dead_runs import close_dead_runs
from sakon.tracking.outage import Outage
from sakon.tracking.relocation import ARTIFACTS, PROBLEM_TAG, relocate

__all__ = ["available_address", "close_dead_runs", "disable", "error_reason", "locate", "outage", "prepare", "responds"]

SQLITE_HEADER = b"SQLite format 3\0"
MAX_LOCK_SECONDS = 120
MAX_WRITE_LOCK_SECONDS = 20
PROBE_SECONDS = 2
RETRIES, TIMEOUT = "MLFLOW_HTTP_REQUEST_MAX_RETRIES", "MLFLOW_HTTP_REQUEST_TIMEOUT"
ENVIRONMENT = {
    RETRIES: "1",  # with MLflow's seven it takes four minutes to report a dead server
    TIMEOUT: "10",  # of one try; with MLflow's 120 a server that hangs would hold up a training for minutes
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_UV_AUTO_DETECT": "false",  # requirements are listed explicitly
}
"""Variables that are set unless the user has set them."""
LOGGERS = {"mlflow": logging.ERROR, "alembic": logging.ERROR, "mlflow.store.db.utils": logging.CRITICAL}
"""Levels of loggers; the last one prints SQL with a traceback before the error is raised."""


def _default_address() -> str:
    return MlflowConfig().address(Path.cwd()).uri


@dataclass
class _StoreState:
    """The store of the current session; MLflow itself has one store per process.

    Attributes:
        find_address: Returns the address of the store.
        ready_address: Address of the store once it is prepared.
        disabled: Whether the session records nothing, as the store could not be used and is not required.
        outage: Whether the store answers.
    """

    find_address: Callable[[], str] = _default_address
    ready_address: str | None = None
    disabled: bool = False
    outage: Outage = field(default_factory=Outage)


_state = _StoreState()


def locate(find_address: Callable[[], str]) -> None:
    """Set how the address of the store is found outside a run."""
    _state.find_address, _state.ready_address, _state.disabled = find_address, None, False
    _state.outage = Outage()


def disable() -> None:
    """Treat the registry as empty for the rest of the session: nothing is recorded, so nothing can be promoted."""
    _state.disabled = True


def outage() -> Outage:
    """Return whether the store of the current session answers."""
    return _state.outage


def available_address() -> str | None:
    """Return the address of the store; `None` if there is none. A missing SQLite file is not created.

    Raises:
        TrackingError: If there is a store, but it cannot be used now.
    """
    if _state.disabled:
        return None
    if _state.outage.is_paused:
        raise TrackingError(f"MLflow server {_state.ready_address}: it does not respond ({_state.outage.reason}).")
    if _state.ready_address is None:
        uri = _state.find_address()
        file = _parse(uri).file
        if file is not None and not file.exists():
            return None
        prepare(uri, MlflowConfig().timeout_seconds)
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
    address = _parse(uri)
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    for name, level in LOGGERS.items():
        logging.getLogger(name).setLevel(level)
    if address.file is not None:
        experiment = _prepare_file(address, address.file, problem)
    else:
        experiment = _ask_server(address, timeout, problem)
    _activate(address.uri)
    _state.ready_address, _state.disabled, _state.outage = address.uri, False, Outage()
    return experiment


def responds(uri: str) -> bool:
    """Return within seconds whether a store answers."""
    import mlflow

    with _variable(RETRIES, "0"), _variable(TIMEOUT, str(PROBE_SECONDS)):
        try:
            mlflow.MlflowClient(uri, uri).search_experiments(max_results=1)
        except Exception:  # any error means that it does not
            return False
    return True


def _parse(uri: str) -> StoreAddress:
    return parse_address(uri, Path.cwd(), "MLFLOW_TRACKING_URI")


def _check_header(path: Path) -> None:
    """Check that a file, if it exists and is not empty, begins as every SQLite database does.

    Source: https://www.sqlite.org/fileformat.html, section 1.3.1.

    Raises:
        ValueError: If it does not.
    """
    if path.is_dir():
        raise ValueError("it is a folder")
    if not path.is_file() or not path.stat().st_size:
        return
    with path.open("rb") as file:
        if file.read(len(SQLITE_HEADER)) != SQLITE_HEADER:
            raise ValueError("it is no SQLite database")


def _check_writable(path: Path) -> None:
    """Check that a SQLite file can be written to, by a change that is taken back.

    Raises:
        sqlite3.OperationalError: If it cannot.
    """
    with closing(sqlite3.connect(path, timeout=MAX_WRITE_LOCK_SECONDS, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        connection.execute(f"PRAGMA user_version = {int(version)}")
        connection.execute("ROLLBACK")


def _prepare_file(address: StoreAddress, path: Path, problem: str | None) -> str | None:
    from filelock import FileLock

    try:
        _check_header(path)  # MLflow would try to open the file for more than a minute
        path.parent.mkdir(parents=True, exist_ok=True)
        if problem is None and not os.access(path.parent, os.W_OK):
            return _find_experiment(address.uri, None, None)
        with FileLock(f"{path}.lock", timeout=MAX_LOCK_SECONDS):
            files = path.parent.absolute() / ARTIFACTS
            if path.is_file() and path.stat().st_size:
                _check_writable(path)
            else:
                _create_tables(address.uri, files)
            _find_experiment(address.uri, None, None)
            relocate(path)
            return _find_experiment(address.uri, problem, files) if problem else None
    except Exception as error:
        cause = cause_of(error)
        action = Cause.DAMAGED.value if cause is Cause.OTHER else cause.value
        raise TrackingError(
            f"{path}: expected an MLflow store, found a file that cannot be used ({error_reason(error)}); {action}, or "
            f"train without it: --params mlflow.required=false."
        ) from error


def _create_tables(uri: str, files: Path) -> None:
    """Create the tables; MLflow's default experiment has its files next to the store, not in the working directory."""
    from mlflow.tracking._tracking_service.utils import _get_store

    _get_store(uri, files.as_uri())


def _ask_server(address: StoreAddress, timeout: float, problem: str | None) -> str | None:
    """Find the experiment in a thread: name resolution and sockets do not obey the timeout reliably."""
    import mlflow  # noqa: F401  # its import takes two seconds, which are not the server's

    results: list[str | None] = []
    errors: list[Exception] = [TimeoutError("timed out")]

    def ask() -> None:
        try:
            results.append(_find_experiment(address.uri, problem, None))
        except Exception as error:  # any error means that the server cannot be used
            errors.append(error)

    with _variable(RETRIES, "0"), _variable(TIMEOUT, str(max(1, round(timeout)))):
        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(timeout)
    if results:
        return results[0]
    cause, reason = cause_of(errors[-1]), error_reason(errors[-1])
    problem_found = f"none ({reason})" if cause is Cause.UNREACHABLE else f"an error ({reason})"
    raise TrackingError(
        f"MLflow server {address}: expected a response within {timeout:g} s, found {problem_found}; {cause.value}, or "
        f"train without it: --params mlflow.required=false."
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
        location = (files / problem).as_uri() if files else None
        try:
            return str(client.create_experiment(problem, location, {PROBLEM_TAG: problem}))
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
