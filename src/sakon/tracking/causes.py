"""Why MLflow failed: each error is reported by its cause, in one sentence."""

from __future__ import annotations

import errno
from enum import Enum

from sakon.errors import SakonError, TrackingError, chain_of
from sakon.tracking.address import StoreAddress

MAX_REASON_LENGTH = 200


class Cause(Enum):
    """What is wrong with a store; the value says what to do."""

    UNREACHABLE = "start it, set MLFLOW_TRACKING_URI to another store"
    RECORD_DELETED = "restore it in MLflow, or run again"
    READ_ONLY = "change the owner or mode of the file and of its folder, set MLFLOW_TRACKING_URI to another store"
    DISK_FULL = "make room on the disk"
    LOCKED = "end the other process that writes to it"
    DAMAGED = "move it away, set MLFLOW_TRACKING_URI to another store"
    DENIED = "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD (or MLFLOW_TRACKING_TOKEN)"
    OUTDATED = "upgrade it with `mlflow db upgrade` after a backup"
    OTHER = "set MLFLOW_TRACKING_URI to another store"


REASONS = {
    Cause.READ_ONLY: "it cannot be written to",
    Cause.DISK_FULL: "the disk is full",
    Cause.LOCKED: "another process holds its lock",
}
"""Reasons that are the same whatever the library says."""
SQLITE_TEXTS = {
    "readonly database": Cause.READ_ONLY,
    "unable to open database file": Cause.READ_ONLY,
    "disk is full": Cause.DISK_FULL,
    "no space left": Cause.DISK_FULL,
    "database is locked": Cause.LOCKED,
    "is malformed": Cause.DAMAGED,
    "not a database": Cause.DAMAGED,
    "no sqlite database": Cause.DAMAGED,
    "no such table": Cause.DAMAGED,
    "no such column": Cause.DAMAGED,
    "out-of-date database schema": Cause.OUTDATED,
}
ERROR_NUMBERS = {
    errno.ENOSPC: Cause.DISK_FULL,
    errno.EDQUOT: Cause.DISK_FULL,
    errno.EACCES: Cause.READ_ONLY,
    errno.EPERM: Cause.READ_ONLY,
    errno.EROFS: Cause.READ_ONLY,
}
DELETED_TEXTS = ("must be in the 'active' state", "must be in 'active' state", "not found", "does not exist")
TRANSIENT_CODES = ("TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED", "DEADLINE_EXCEEDED")


def cause_of(error: BaseException) -> Cause:
    """Return why a call of MLflow failed."""
    errors = list(chain_of(error, with_context=True))
    text = " ".join(str(each).lower() for each in errors)
    numbers = [
        ERROR_NUMBERS[each.errno] for each in errors if isinstance(each, OSError) and each.errno in ERROR_NUMBERS
    ]
    if numbers:
        return numbers[0]
    for fragment, cause in SQLITE_TEXTS.items():
        if fragment in text:
            return cause
    if any(_is_connection_error(each) for each in errors):
        return Cause.UNREACHABLE
    codes = {str(getattr(each, "error_code", "")) for each in errors}
    if codes & {"RESOURCE_DOES_NOT_EXIST", "NOT_FOUND"}:
        return Cause.RECORD_DELETED
    if codes & {"INVALID_PARAMETER_VALUE", "INVALID_STATE"} and any(fragment in text for fragment in DELETED_TEXTS):
        return Cause.RECORD_DELETED
    if codes & {"PERMISSION_DENIED", "UNAUTHENTICATED", "CUSTOMER_UNAUTHORIZED"}:
        return Cause.DENIED
    return Cause.UNREACHABLE if codes & set(TRANSIENT_CODES) else Cause.OTHER


def _is_connection_error(error: BaseException) -> bool:
    """Return whether no answer came, or only one that the server is not ready."""
    import requests

    if isinstance(error, requests.RequestException):
        return not isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema)
    return isinstance(error, ConnectionError | TimeoutError)


def error_reason(error: BaseException) -> str:
    """Return the reason of an error in one line: that of the operating system, if there is one, and no SQL."""
    if reason := REASONS.get(cause_of(error)):
        return reason
    for each in chain_of(error, with_context=True):
        if isinstance(each, OSError) and each.strerror:
            return each.strerror
    if any("Timeout" in type(each).__name__ for each in chain_of(error, with_context=True)):
        return "timed out"
    text = _first_line(error).rstrip(". ")
    return text if len(text) <= MAX_REASON_LENGTH else f"{text[:MAX_REASON_LENGTH]} …"


def store_error(error: BaseException, address: StoreAddress) -> TrackingError:
    """Return an error of a store as one sentence: the store, the cause, and what to do."""
    cause, reason = cause_of(error), error_reason(error)
    kind = "MLflow store" if address.file else "MLflow server"
    without = ", or train without it: --params mlflow.required=false"
    return TrackingError(
        f"{kind} {address}: expected it to record the run, found an error ({reason}); {cause.value}{without}."
    )


def failure_reason(error: BaseException) -> str:
    """Return why a run failed, in one line: the messages of the first error that says them, else the first cause."""
    errors = list(chain_of(error, with_context=True))
    for each in errors:
        if isinstance(each, SakonError):
            return " ".join(each.messages)
    outer, inner = _first_line(errors[0]), _first_line(errors[-1])
    if isinstance(errors[-1], OSError) and errors[-1].strerror:
        inner = f"{errors[-1].strerror}: {errors[-1].filename}" if errors[-1].filename else errors[-1].strerror
    return outer if inner in outer else f"{outer.rstrip('.')}: {inner}"


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or repr(error)).splitlines()[0]
