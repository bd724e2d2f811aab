"""The store is ready before anything runs: one migration, no dead runs, no tampered champion."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import mlflow
import pytest
from conftest import run
from fabricate import CASES

from sakon.errors import FamiliesFailedError, TrackingError
from sakon.models.champion import Champion, UnreadableChampion
from sakon.tracking import store
from sakon.tracking.config import MlflowConfig
from sakon.tracking.registry import ChampionDataset
from sakon.tracking.runs import flatten_parameters

PREPARE = "import sys; from sakon.tracking.store import prepare; prepare(sys.argv[1], 5)"


def test_processes_on_a_fresh_store_do_not_race(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'fresh.db'}"
    started = [subprocess.Popen([sys.executable, "-c", PREPARE, uri]) for _ in range(3)]
    assert [process.wait() for process in started] == [0, 0, 0]


def test_runs_of_dead_processes_are_swept(tmp_path: Path) -> None:
    store.prepare(f"sqlite:///{tmp_path / 'store.db'}", 5)
    client = mlflow.MlflowClient()
    experiment = client.create_experiment("p", (tmp_path / "artifacts").as_uri())
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    host = {"sakon.host": socket.gethostname()}
    killed = client.create_run(experiment, tags=host | {"sakon.pid": str(dead.pid)})
    alive = client.create_run(experiment, tags=host | {"sakon.pid": str(os.getppid())})
    elsewhere = client.create_run(experiment, tags={"sakon.host": "elsewhere", "sakon.pid": str(dead.pid)})
    store.close_dead_runs(experiment)
    status = [client.get_run(each.info.run_id).info.status for each in (killed, alive, elsewhere)]
    assert status == ["KILLED", "RUNNING", "RUNNING"]


def test_unreachable_server_is_an_error_within_the_timeout() -> None:
    started = time.monotonic()
    with pytest.raises(TrackingError, match="expected a response within 1 s"):
        store.prepare("http://127.0.0.1:9", 1)
    assert time.monotonic() - started < 3


def test_a_file_that_is_no_store_is_named(tmp_path: Path) -> None:
    file = tmp_path / "broken.db"
    file.write_bytes(b"this is no database" * 100)
    with pytest.raises(TrackingError, match=r"broken\.db: expected an MLflow store"):
        store.prepare(f"sqlite:///{file}", 5)


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


def test_where_runs_are_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert MlflowConfig().address(tmp_path).uri == f"sqlite:///{tmp_path / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    assert MlflowConfig().address(tmp_path).uri == "http://127.0.0.1:1"
    assert MlflowConfig(tracking_uri="sqlite:///x.db").address(tmp_path).uri == f"sqlite:///{tmp_path / 'x.db'}"


def test_parameters_are_flat() -> None:
    assert flatten_parameters(CASES[0].problem, "problem.")["problem.split.test"] == "0.2"
    assert flatten_parameters({"a": {"b": [1, 2]}, "c": "text"}) == {"a.b": "[1, 2]", "c": "text"}


def test_a_failed_node_marks_its_run_failed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    CASES[0].write(project)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no candidates today")

    monkeypatch.setattr("sakon.pipelines.baseline.nodes.build_candidates", fail)
    with pytest.raises(FamiliesFailedError):
        run(project, pipelines=["ingestion", "preprocessing", "baseline"])
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name("test")
    assert experiment is not None
    found = client.search_runs([experiment.experiment_id])
    assert [(each.info.status, each.data.tags["sakon.failure"]) for each in found] == [
        ("FAILED", "baseline.fit: RuntimeError: no candidates today")
    ]


def test_a_tampered_champion_is_unreadable(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    CASES[0].write(project)
    run(project, pipelines=["ingestion", "preprocessing", "baseline", "evaluation"])
    dataset = ChampionDataset(problem="test")
    champion = dataset.load()
    assert isinstance(champion, Champion)
    assert champion.family == "baseline"
    (schema,) = project.glob("mlruns/**/artifacts/schema.json")
    schema.write_text(schema.read_text() + " ")
    assert isinstance(dataset.load(), UnreadableChampion)
    assert "other checksums of schema.json" in caplog.text
