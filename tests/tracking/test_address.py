"""Addresses of stores: what a user writes, and what is refused with what to write instead."""

from __future__ import annotations

import os
from pathlib import Path

import mlflow
import pytest

from sakon.errors import TrackingError
from sakon.tracking import store
from sakon.tracking.address import parse_address, sqlite_address
from sakon.tracking.config import MlflowConfig


@pytest.mark.parametrize(
    "name",
    ["plain", "with blank", "a%20b", "what?", "what?x=1", "a#b", "a[1]", "Übung 数据", "~me", "it's", "a:b", "50%"],
)
def test_any_folder_may_be_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    project = tmp_path / name
    project.mkdir()
    monkeypatch.chdir(project)
    uri = MlflowConfig().uri(project)
    experiment = store.prepare(uri, 5, "p")
    client = mlflow.MlflowClient(uri, uri)
    run = client.create_run(experiment)
    client.log_text(run.info.run_id, "content", "note.txt")
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]
    assert (project / "mlflow.db").stat().st_size
    (note,) = project.glob("mlruns/p/*/artifacts/note.txt")
    assert note.read_text() == "content"
    assert Path(mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="note.txt")).exists()


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("sqlite:///x.db", "x.db"),
        ("sqlite:///a/../x.db", "a/../x.db"),
        ("sqlite:///x?y", "x?y"),
        ("sqlite:///x%20y.db", "x y.db"),
        ("sqlite:///x.db?timeout=30", "x.db"),
        ("sqlite+pysqlite:///x.db", "x.db"),
    ],
)
def test_a_relative_file_starts_from_the_folder(tmp_path: Path, text: str, file: str) -> None:
    assert parse_address(text, tmp_path, "X").file == tmp_path / file


def test_home_and_an_existing_folder_with_an_escape_in_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert parse_address("sqlite:///~/x.db", Path("/elsewhere"), "X").file == tmp_path / "x.db"
    (tmp_path / "a%20b").mkdir()
    assert parse_address("sqlite:///a%20b/x.db", tmp_path, "X").file == tmp_path / "a%20b" / "x.db"
    assert parse_address(sqlite_address(tmp_path / "a%20b" / "x.db").uri, tmp_path, "X").file == tmp_path / "a%20b/x.db"


def test_the_variable_is_relative_to_where_the_user_is_and_the_parameter_to_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///x.db")
    assert MlflowConfig().address(tmp_path / "project").file == tmp_path / "x.db"
    assert MlflowConfig(tracking_uri="sqlite:///x.db").address(tmp_path / "p").file == tmp_path / "p" / "x.db"


@pytest.mark.parametrize(
    ("text", "write"),
    [
        ("./mlruns", "{folder}/mlflow.db"),
        ("file:///srv/mlruns", "sqlite:////srv/mlflow.db"),
        ("runs.db", "{folder}/runs.db"),
        ("C:\\runs", "mlflow.db"),
        ("localhost:5000", "=http://localhost:5000"),
        ("sqlite://", "sqlite:///mlflow.db"),
        ("sqlite:///:memory:", "sqlite:///mlflow.db"),
        ("sqlite://x.db", "sqlite:///x.db"),
    ],
)
def test_what_is_no_store_is_refused_with_what_to_write(tmp_path: Path, text: str, write: str) -> None:
    with pytest.raises(TrackingError) as caught:
        parse_address(text, tmp_path, "MLFLOW_TRACKING_URI")
    (sentence,) = caught.value.messages
    assert write.format(folder=tmp_path) in sentence
    assert f"MLFLOW_TRACKING_URI={text}" in sentence
    assert "start it" not in sentence


def test_servers_and_databases_stay_as_they_are_and_messages_have_no_password(tmp_path: Path) -> None:
    for text in ("http://host:5000", "https://u:secret@host", "postgresql+psycopg2://u:secret@host/db", "databricks"):
        address = parse_address(text, tmp_path, "X")
        assert (address.uri, address.file) == (text, None)
        assert "secret" not in str(address)


def test_looking_for_a_store_does_not_change_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/x.db")
    store.prepare(os.environ["MLFLOW_TRACKING_URI"], 5)
    assert os.environ["MLFLOW_TRACKING_URI"] == f"sqlite:///{tmp_path}/x.db"
