"""Moved and copied projects: files are recorded and read where the project is."""

from __future__ import annotations

import logging
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import mlflow
import pytest
from mlflow.tracking._tracking_service import utils

from sakon.tracking import store
from sakon.tracking.address import sqlite_address


def uri_of(project: Path) -> str:
    return sqlite_address(project / "mlflow.db").uri


def record(project: Path, name: str) -> str:
    """Record a run with a file, a logged model and a version; return the id of the run."""
    experiment = store.prepare(uri_of(project), 5, "p")
    client = mlflow.MlflowClient(uri_of(project), uri_of(project))
    run_id = str(client.create_run(experiment, tags={"sakon.problem": "p"}, run_name=name).info.run_id)
    client.log_text(run_id, name, "note.txt")
    logged = client.create_logged_model(experiment, name="m", source_run_id=run_id)
    client.log_model_artifact(logged.model_id, str(project / "mlflow.db.lock"))
    if not client.search_registered_models():
        client.create_registered_model("p")
    client.create_model_version("p", f"models:/{logged.model_id}", run_id=run_id, model_id=logged.model_id)
    utils._artifact_repos_cache.clear()  # MLflow's own, by run ids, which a copy shares
    return run_id


@pytest.fixture
def original(tmp_path: Path) -> Path:
    project = tmp_path / "original 100%"
    project.mkdir()
    record(project, "first")
    return project


def locations(project: Path) -> list[str]:
    """Return all locations in a store."""
    columns = {
        "experiments": "artifact_location",
        "runs": "artifact_uri",
        "logged_models": "artifact_location",
        "model_versions": "storage_location",
    }
    with closing(sqlite3.connect(project / "mlflow.db")) as connection:
        return [
            row[0] for table, column in columns.items() for row in connection.execute(f"SELECT {column} FROM {table}")
        ]


def files(project: Path) -> dict[str, bytes]:
    return {str(path.relative_to(project)): path.read_bytes() for path in project.rglob("*") if path.is_file()}


def test_a_copy_records_in_the_copy(original: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    copy = shutil.copytree(original, tmp_path / "copy?")
    before = files(original)
    with caplog.at_level(logging.WARNING, "sakon"):
        run_id = record(copy, "second")
    assert files(original) == before
    assert {location.startswith((copy / "mlruns").as_uri()) for location in locations(copy)} == {True}
    assert (copy / "mlruns" / "p" / run_id / "artifacts" / "note.txt").read_text() == "second"
    assert str(original) in caplog.text
    caplog.clear()
    store.prepare(uri_of(copy), 5, "p")
    assert not caplog.records


def test_a_moved_project_reads_its_models(original: Path, tmp_path: Path) -> None:
    moved = original.rename(tmp_path / "moved")
    store.prepare(uri_of(moved), 5)
    path = mlflow.artifacts.download_artifacts("models:/p/1", tracking_uri=uri_of(moved))
    assert [file.name for file in Path(path).iterdir()] == ["mlflow.db.lock"]
    assert str(original) not in " ".join(locations(moved))


def test_a_file_that_was_moved_alone_keeps_its_locations(original: Path, tmp_path: Path) -> None:
    before = locations(original)
    (tmp_path / "alone").mkdir()
    (original / "mlflow.db").rename(tmp_path / "alone" / "mlflow.db")
    store.prepare(uri_of(tmp_path / "alone"), 5, "p")
    assert locations(tmp_path / "alone") == before


def test_another_path_to_the_same_folder_changes_nothing(original: Path, tmp_path: Path) -> None:
    before = locations(original)
    (tmp_path / "link").symlink_to(original)
    store.prepare(uri_of(tmp_path / "link"), 5, "p")
    assert locations(original) == before


def test_experiments_of_others_stay_where_they_are(original: Path, tmp_path: Path) -> None:
    client = mlflow.MlflowClient(uri_of(original), uri_of(original))
    elsewhere = (tmp_path / "elsewhere" / "mlruns" / "theirs").as_uri()
    client.create_run(client.create_experiment("theirs", elsewhere))
    moved = original.rename(tmp_path / "moved")
    store.prepare(uri_of(moved), 5, "p")
    assert elsewhere in locations(moved)
