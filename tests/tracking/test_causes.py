"""Errors of MLflow are reported by their cause."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import mlflow
import pytest
import requests
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST

from sakon.errors import DataError
from sakon.tracking import store
from sakon.tracking.address import sqlite_address
from sakon.tracking.causes import Cause, cause_of, error_reason, failure_reason, store_error


def os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def wrapped(error: BaseException, message: str) -> RuntimeError:
    """Return an error that another one caused."""
    outer = RuntimeError(message)
    outer.__cause__ = error
    return outer


CAUSES: list[tuple[BaseException, Cause]] = [
    (os_error(errno.ENOSPC), Cause.DISK_FULL),
    (os_error(errno.EACCES), Cause.READ_ONLY),
    (sqlite3.OperationalError("attempt to write a readonly database"), Cause.READ_ONLY),
    (sqlite3.OperationalError("database is locked"), Cause.LOCKED),
    (sqlite3.DatabaseError("database disk image is malformed"), Cause.DAMAGED),
    (requests.exceptions.ConnectionError("refused"), Cause.UNREACHABLE),
    (requests.exceptions.ReadTimeout("read"), Cause.UNREACHABLE),
    (ConnectionResetError(), Cause.UNREACHABLE),
    (MlflowException("Run 'a' not found", RESOURCE_DOES_NOT_EXIST), Cause.RECORD_DELETED),
    (MlflowException("The run must be in the 'active' state", INVALID_PARAMETER_VALUE), Cause.RECORD_DELETED),
    (MlflowException("a value is wrong", INVALID_PARAMETER_VALUE), Cause.OTHER),
    (MlflowException("no", PERMISSION_DENIED), Cause.DENIED),
]


@pytest.mark.parametrize(("error", "cause"), CAUSES)
def test_cause_of_an_error_and_of_what_it_is_wrapped_in(error: BaseException, cause: Cause) -> None:
    assert cause_of(error) is cause
    assert cause_of(wrapped(error, "a library failed")) is cause


def test_reasons_have_no_sql_and_no_end() -> None:
    error = sqlite3.OperationalError("attempt to write a readonly database\n[SQL: UPDATE runs SET …]")
    assert error_reason(error) == "it cannot be written to"
    assert error_reason(os_error(errno.ENOSPC)) == "the disk is full"
    assert len(error_reason(RuntimeError("a" * 1000))) < 250


def test_a_store_is_named_with_what_to_do(tmp_path: Path) -> None:
    message = store_error(os_error(errno.ENOSPC), sqlite_address(tmp_path / "mlflow.db")).messages[0]
    assert message.startswith(f"MLflow store {tmp_path / 'mlflow.db'}: expected it to record the run")
    assert "(the disk is full); make room on the disk" in message


def test_a_failed_run_has_the_cause() -> None:
    assert failure_reason(DataError("Column x: expected a number.")) == "Column x: expected a number."
    error = wrapped(os_error(errno.ENOSPC), "Failed while saving data to dataset mlp.model")
    assert failure_reason(error) == f"Failed while saving data to dataset mlp.model: {os.strerror(errno.ENOSPC)}"


def test_deleted_records_are_recognized(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    experiment = store.prepare(uri, 5, "p")
    client = mlflow.MlflowClient(uri, uri)
    run_id = client.create_run(experiment).info.run_id
    client.delete_run(run_id)
    calls = (
        lambda: client.log_metric(run_id, "a", 1),
        lambda: client.set_tag("0" * 32, "a", "b"),
        lambda: client.update_model_version("p", "1", "text"),
        lambda: client.get_model_version_by_alias("p", "champion"),
    )
    for call in calls:
        with pytest.raises(MlflowException) as caught:
            call()
        assert cause_of(caught.value) is Cause.RECORD_DELETED
