"""Addresses of stores, as users write them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import mlflow
import pytest

from sakon.errors import TrackingError
from sakon.tracking import store
from sakon.tracking.address import parse_address, sqlite_address

FOLDERS = ["plain", "with blank", "100%20", "what?", "a#b", "[brackets]", "größe", "~", "100%"]
NAME = "MLFLOW_TRACKING_URI"


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_store_may_be_in_a_folder_of_any_name(tmp_path: Path, folder: str) -> None:
    root = tmp_path / folder
    root.mkdir()
    address = sqlite_address(root / "mlflow.db")
    experiment = store.prepare(address.uri, 5, "p")
    assert experiment is not None
    client = mlflow.MlflowClient(address.uri, address.uri)
    run = client.create_run(experiment)
    client.log_text(run.info.run_id, "content", "file.txt")
    assert [path.name for path in tmp_path.iterdir()] == [folder]
    assert (root / "mlflow.db").stat().st_size
    assert [path.read_text() for path in root.rglob("file.txt")] == ["content"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_an_address_with_and_without_escapes_is_the_same_file(tmp_path: Path, folder: str) -> None:
    root = tmp_path / folder
    root.mkdir()
    file = root / "mlflow.db"
    sqlite3.connect(file).close()
    file.touch()
    assert parse_address(sqlite_address(file).uri.replace("sqlite+pysqlite", "sqlite"), tmp_path, NAME).file == file
    assert parse_address(f"sqlite:///{file}", tmp_path, NAME).file == file


def test_relative_paths_start_from_the_folder_and_options_stay(tmp_path: Path) -> None:
    assert parse_address("sqlite:///a/b.db", tmp_path, NAME).file == tmp_path / "a/b.db"
    address = parse_address("sqlite:///b.db?timeout=5", tmp_path, NAME)
    assert address.file == tmp_path / "b.db"
    assert address.uri.endswith("b.db?timeout=5")
    assert parse_address("sqlite:///~/b.db", tmp_path, NAME).file == Path("~/b.db").expanduser()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("./mlruns", r"found a path: MLflow has no model registry.*sqlite:///.*mlflow\.db"),
        ("file:///tmp/mlruns", r"found a path"),
        ("runs.db", r"write MLFLOW_TRACKING_URI=sqlite:///.*runs\.db"),
        ("localhost:5000", r"write MLFLOW_TRACKING_URI=http://localhost:5000"),
        ("sqlite://b.db", r"expected three slashes"),
        ("sqlite:///:memory:", r"found a database in memory"),
    ],
)
def test_what_is_no_store_is_refused_with_what_to_write(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TrackingError, match=message):
        parse_address(text, tmp_path, NAME)


def test_messages_have_no_password(tmp_path: Path) -> None:
    address = parse_address("http://user:secret@host:5000", tmp_path, NAME)
    assert "secret" not in str(address)
    assert address.uri == "http://user:secret@host:5000"
