"""The store made ready: reachable, migrated, without runs that died."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

from sakon.errors import TrackingError

SQLITE = "sqlite:///"


def prepare(uri: str, timeout: float) -> None:
    """Make sure that the store answers, before anything is computed.

    A fresh SQLite file is migrated by one process at a time: MLflow's own start races.

    Args:
        uri: Address of the store.
        timeout: Longest wait, in seconds.

    Raises:
        TrackingError: If it cannot be used.
    """
    import mlflow
    from filelock import FileLock

    if uri.startswith(("http://", "https://")):
        _check_server(uri, timeout)
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    if not uri.startswith(SQLITE):
        return
    path = Path(uri.removeprefix(SQLITE))
    try:
        with FileLock(f"{path}.lock"):
            mlflow.MlflowClient().search_experiments(max_results=1)
    except Exception as error:
        reason = (str(error).strip() or repr(error)).splitlines()[0]
        raise TrackingError(
            f"{path}: expected an MLflow store, found a file that cannot be used ({reason}); move it away, or set "
            f"MLFLOW_TRACKING_URI to another."
        ) from error


def _check_server(uri: str, timeout: float) -> None:
    parts = urlsplit(uri)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=timeout).close()
    except OSError as error:
        raise TrackingError(
            f"MLflow server {uri}: expected an answer within {timeout:g} s, found none ({error}); start it, set "
            f"MLFLOW_TRACKING_URI, or train without it by --params mlflow.required=false."
        ) from error


def sweep(experiment_id: str) -> None:
    """Mark as failed the runs that this machine began and whose process is gone."""
    import mlflow
    import psutil

    client = mlflow.MlflowClient()
    mine = f"attributes.status = 'RUNNING' and tags.`sakon.host` = '{socket.gethostname()}'"
    for run in client.search_runs([experiment_id], mine):
        pid = int(run.data.tags.get("sakon.pid", 0))
        if pid != os.getpid() and not psutil.pid_exists(pid):
            client.set_tag(run.info.run_id, "sakon.failure", "the process was killed")
            client.set_terminated(run.info.run_id, "KILLED")
