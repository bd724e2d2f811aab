"""Copied and moved projects: files of runs and models are where the project is."""

from __future__ import annotations

import shutil
from pathlib import Path

import mlflow
import pytest

from sakon.tracking import store
from sakon.tracking.address import sqlite_address


def record(project: Path, text: str) -> str:
    """Record a file in a new run of a project's store, and return the run's id."""
    uri = sqlite_address(project / "mlflow.db").uri
    experiment = store.prepare(uri, 5, "p")
    assert experiment is not None
    client = mlflow.MlflowClient(uri, uri)
    run_id = str(client.create_run(experiment).info.run_id)
    client.log_text(run_id, text, "file.txt")
    return run_id


def read(project: Path, run_id: str) -> str:
    uri = sqlite_address(project / "mlflow.db").uri
    store.prepare(uri, 5, "p")
    location = mlflow.MlflowClient(uri, uri).get_run(run_id).info.artifact_uri
    return Path(mlflow.artifacts.download_artifacts(f"{location}/file.txt", tracking_uri=uri)).read_text()


@pytest.fixture
def original(tmp_path: Path) -> Path:
    folder = tmp_path / "original project 100%"
    folder.mkdir()
    return folder


def test_a_copy_writes_into_itself(original: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = record(original, "of the original")
    copy = tmp_path / "copy #2"
    shutil.copytree(original, copy)
    before = {path: path.read_bytes() for path in original.rglob("*") if path.is_file()}
    second = record(copy, "of the copy")
    assert {path: path.read_bytes() for path in original.rglob("*") if path.is_file()} == before
    assert (read(copy, first), read(copy, second)) == ("of the original", "of the copy")
    assert str(copy) in caplog.text
    assert read(original, first) == "of the original"


def test_a_moved_project_finds_its_files(original: Path, tmp_path: Path) -> None:
    run_id = record(original, "content")
    moved = tmp_path / "moved"
    original.rename(moved)
    assert read(moved, run_id) == "content"
    assert not original.exists()


def test_a_project_in_its_place_is_left_alone(original: Path, caplog: pytest.LogCaptureFixture) -> None:
    run_id = record(original, "content")
    assert read(original, run_id) == "content"
    assert not caplog.text


def test_the_store_alone_moved_keeps_its_files_where_they_are(original: Path, tmp_path: Path) -> None:
    run_id = record(original, "content")
    other = tmp_path / "other"
    other.mkdir()
    (original / "mlflow.db").rename(other / "mlflow.db")
    assert read(other, run_id) == "content"
