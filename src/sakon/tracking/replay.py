"""Records what earlier sessions left in their spools."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from sakon.problem import Problem
from sakon.tracking import store
from sakon.tracking.causes import Cause, cause_of, error_reason
from sakon.tracking.execution import OperationExecutor
from sakon.tracking.spool import Spool, SpooledSession, waiting_spools

MAX_SECONDS = 60.0
"""Maximum time at the start of a run; the rest is left to the next run."""
LOGGER = logging.getLogger("sakon")


def replay_spools(project: Path, uri: str, timeout: float) -> None:
    """Record what waits in the spools of sessions that have ended.

    Args:
        project: The project's folder.
        uri: Address of the store, which responds.
        timeout: Maximum wait for a server, in seconds.
    """
    deadline = time.monotonic() + MAX_SECONDS
    for spool in waiting_spools(project):
        session = spool.take()
        if session is None:
            continue
        if session.uri != uri:
            LOGGER.warning("%s: %d records wait for the MLflow server %s.", spool.folder, spool.waiting, session.uri)
            spool.release()
            continue
        if not _replay(spool, session, timeout, deadline):
            spool.release()
            return


def _replay(spool: Spool, session: SpooledSession, timeout: float, deadline: float) -> bool:
    """Record the content of a spool; return whether all of it is done."""
    import mlflow

    experiment = store.prepare(session.uri, timeout, session.problem) or ""
    parameters = dict(session.parameters)
    if "problem" in parameters:
        parameters["problem"] = Problem.model_validate(parameters["problem"])
    client = mlflow.MlflowClient(session.uri, session.uri)
    executor = OperationExecutor(client, experiment, session.problem, parameters)
    spool.restore(executor)
    waiting, lost = spool.waiting, list[str]()
    for operation, error in spool.flush(executor):
        if error is not None and cause_of(error) is Cause.UNREACHABLE:
            return False
        if error is not None:
            lost.append(f"{operation.kind} of {operation.run}: {error_reason(error)}")
        if time.monotonic() > deadline:
            return False
    LOGGER.warning(
        "%d records of an earlier run of '%s', which waited for the MLflow server, are recorded now.",
        waiting - len(lost), session.problem,
    )  # fmt: skip
    if lost:
        LOGGER.warning("%d records could not be recorded (the first: %s).", len(lost), lost[0])
    return True
