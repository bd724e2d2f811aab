"""Each error of MLflow is worded by its cause."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import closing
from pathlib import Path

import mlflow
import pytest
import requests
from kedro.io import DatasetError
from mlflow.exceptions import MlflowException

from sakon.errors import DataError, TrackingError
from sakon.tracking import store
from sakon.tracking.address import StoreAddress, sqlite_address
from sakon.tracking.causes import Cause, cause_of, error_reason, failure_reason, store_error

FILE = sqlite_address(Path("/project/mlflow.db"))
SERVER = StoreAddress("http://user:secret@host:5000")


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    """Return an error as it is after it was raised from another one."""
    try:
        raise error from cause
    except Exception as caught:
        return caught


def test_a_read_only_file_is_one_sentence_without_sql(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    store.prepare(uri, 5)
    read_only = f"sqlite:///file:{tmp_path / 'mlflow.db'}?mode=ro&uri=true"
    with pytest.raises(MlflowException) as caught:
        mlflow.MlflowClient(read_only, read_only).create_experiment("p")
    assert cause_of(caught.value) is Cause.READ_ONLY
    (sentence,) = store_error(caught.value, FILE).messages
    assert "/project/mlflow.db" in sentence
    assert "cannot be written to" in sentence
    assert not {"SQL", "INSERT", "readonly database", "start it"} & set(sentence.replace("(", " ").split())


def test_a_read_only_file_is_refused_before_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mlflow.db"
    store.prepare(f"sqlite:///{file}", 5)
    connect = sqlite3.connect  # as the superuser, whom modes of files do not stop

    def connect_read_only(path: Path, **options: object) -> sqlite3.Connection:
        return connect(f"file:{path}?mode=ro", uri=True, **options)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr("sakon.tracking.store.sqlite3.connect", connect_read_only)
    with pytest.raises(TrackingError, match=r"mlflow\.db: expected an MLflow store, .*cannot be written to") as caught:
        store.prepare(f"sqlite:///{file}", 5, "p")
    assert len(caught.value.messages) == 1


def test_a_file_that_another_process_writes_to_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MAX_WRITE_LOCK_SECONDS", 0.1)
    file = tmp_path / "mlflow.db"
    store.prepare(f"sqlite:///{file}", 5)
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(TrackingError, match="another process holds its lock"):
            store.prepare(f"sqlite:///{file}", 5, "p")


@pytest.mark.parametrize(
    ("error", "cause", "text"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), Cause.DISK_FULL, "make room"),
        (MlflowException("(sqlite3.OperationalError) database or disk is full"), Cause.DISK_FULL, "make room"),
        (MlflowException("the answer is no JSON"), Cause.OTHER, "another store"),
        (requests.ConnectionError("refused"), Cause.UNREACHABLE, "start it"),
        (TimeoutError("timed out"), Cause.UNREACHABLE, "start it"),
    ],
)
def test_only_a_server_that_is_down_is_to_be_started(error: Exception, cause: Cause, text: str) -> None:
    assert cause_of(error) is cause
    (sentence,) = store_error(error, SERVER).messages
    assert text in sentence
    assert ("start it" in sentence) is (cause is Cause.UNREACHABLE)
    assert "None" not in sentence
    assert "secret" not in sentence


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


def test_the_reason_of_a_failure_has_its_cause() -> None:
    outer = DatasetError("Failed while saving data to dataset x.\nand more")
    assert failure_reason(raised(outer, OSError(errno.ENOSPC, "No space left on device", "/data/x"))) == (
        "Failed while saving data to dataset x: No space left on device: /data/x"
    )
    assert failure_reason(raised(outer, OSError(errno.ENOSPC, "No space left on device"))).endswith("left on device")
    assert failure_reason(raised(outer, DataError("The table is empty."))) == "The table is empty."
    assert failure_reason(ValueError("one\ntwo")) == "one"
    assert failure_reason(ValueError()) == "ValueError()"


def test_reasons_are_short() -> None:
    assert len(error_reason(ValueError("x" * 1000))) < 300
