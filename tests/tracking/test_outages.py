"""A server that hangs or dies during a run: the run goes on, and everything is recorded in the end."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pytest
from kedro.pipeline import Node
from tracking.tiny_project import PROBLEM, Project, training_nodes

from sakon.tracking import outage, replay, store
from sakon.tracking.spool import SPOOL, Spool, SpooledSession

Server = tuple[str, subprocess.Popen[bytes]]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Timeouts as a user may set them, so that the tests are quick."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "4")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


@pytest.fixture
def frozen(server: Server) -> Iterator[Server]:
    """A real server that goes on at the end of the test, if the test lets it hang."""
    yield server
    os.killpg(server[1].pid, signal.SIGCONT)


def freeze(process: subprocess.Popen[bytes]) -> None:
    """Let a server take connections and never answer."""
    os.killpg(process.pid, signal.SIGSTOP)


def resume(process: subprocess.Popen[bytes]) -> None:
    """Let a server go on."""
    os.killpg(process.pid, signal.SIGCONT)


def measuring(name: str, family: str, before: Any) -> Node:
    """Return a node of a family that calls something, then returns a measure."""

    def measure(train: object) -> dict[str, float]:
        before()
        return {"best_val_loss": 0.5}

    return Node(measure, "train", f"{family}.measures", name=name, namespace=family)


def spools(project: Project) -> list[Path]:
    return sorted((project.folder / SPOOL).glob("*/*"))


def runs_of(uri: str) -> dict[str, Any]:
    client = mlflow.MlflowClient(uri, uri)
    experiment = client.get_experiment_by_name(PROBLEM)
    assert experiment is not None
    return {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}


def test_a_server_that_hangs_costs_seconds_and_the_next_run_records_what_waited(
    bare: Project, frozen: Server, impatient: None, caplog: pytest.LogCaptureFixture
) -> None:
    uri, process = frozen
    bare.prepare("tabular", "classification")
    settings = {"tracking_uri": uri, "timeout_seconds": 30}
    hang = measuring("a_hang", "autoencoder", lambda: freeze(process))
    start = time.monotonic()
    with caplog.at_level(logging.WARNING, "sakon"):
        bare.run(hang, *training_nodes(), mlflow_settings=settings, baseline={"regularization": 1.0})
    assert time.monotonic() - start < 25
    (record,) = [record for record in caplog.records if record.name == "sakon"]
    assert "the run goes on" in record.getMessage()
    (folder,) = spools(bare)
    kinds = [json.loads(line)["kind"] for line in (folder / "operations.jsonl").read_text().splitlines()]
    assert {"open", "input", "model", "metrics", "figure", "close"} <= set(kinds)

    resume(process)
    bare.run(measuring("b", "mlp", lambda: None), mlflow_settings=settings)
    runs = runs_of(uri)
    assert {name: run.info.status for name, run in runs.items()} == dict.fromkeys(
        ("autoencoder", "baseline", "mlp"), "FINISHED"
    )
    assert runs["autoencoder"].data.metrics == {"best_val_loss": 0.5}
    assert runs["baseline"].data.metrics["best_val_loss"] == 0.25
    assert runs["baseline"].data.params["regularization"] == "1.0"
    client = mlflow.MlflowClient(uri, uri)
    version = client.get_model_version_by_alias(PROBLEM, "baseline")
    assert version.run_id == runs["baseline"].info.run_id
    assert "sakon.checksums" in version.tags
    figures = client.list_artifacts(runs["baseline"].info.run_id, "figures")
    assert [file.path for file in figures] == ["figures/history.html"]
    assert spools(bare) == []


def test_a_server_that_returns_gets_what_waited_in_the_same_run(
    bare: Project, frozen: Server, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri, process = frozen
    monkeypatch.setattr(outage, "FIRST_PAUSE", 0.1)
    bare.prepare("tabular", "classification")
    nodes = [
        measuring("a_hang", "cnn", lambda: freeze(process)),
        measuring("b_wait", "mlp", lambda: resume(process)),
        measuring("c_after", "rnn", lambda: time.sleep(1)),
    ]
    bare.run(*nodes, mlflow_settings={"tracking_uri": uri, "timeout_seconds": 30})
    runs = runs_of(uri)
    assert {name: run.info.status for name, run in runs.items()} == dict.fromkeys(("cnn", "mlp", "rnn"), "FINISHED")
    assert {run.data.metrics["best_val_loss"] for run in runs.values()} == {0.5}
    assert spools(bare) == []


def test_variables_that_the_user_has_set_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(store.TIMEOUT, "77")
    monkeypatch.delenv(store.RETRIES, raising=False)
    store.prepare(f"sqlite:///{tmp_path / 'mlflow.db'}", 5)
    assert os.environ[store.TIMEOUT] == "77"
    assert os.environ[store.RETRIES] == store.ENVIRONMENT[store.RETRIES]


def test_a_spool_that_is_cut_off_or_of_a_live_session_or_of_another_store_stays(
    tiny: Project, caplog: pytest.LogCaptureFixture
) -> None:
    tiny.prepare("tabular", "classification")
    tiny.run(*training_nodes(), baseline={})
    run_id = tiny.run_named("baseline").info.run_id

    def spool(number: int, uri: str) -> Spool:
        written = Spool(tiny.folder / SPOOL / "tiny" / str(number))
        executor = type("Executor", (), {"ids": {"baseline": run_id}, "versions": {}})()
        written.begin(SpooledSession(uri=uri, problem=PROBLEM, parameters={}), executor)
        lines = [
            f'{{"kind": "tags", "run": "baseline", "time": 1, "tags": {{"n{number}": "x"}}}}',
            '{"kind": "tags", "run": "base',
        ]
        (written.folder / "operations.jsonl").write_text("\n".join(lines))
        return written

    ended, live, elsewhere = spool(1, tiny.uri), spool(2, tiny.uri), spool(3, "http://127.0.0.1:9")
    ended.release()
    elsewhere.release()
    with caplog.at_level(logging.WARNING, "sakon"):
        replay.replay_spools(tiny.folder, tiny.uri, 5)
    assert [folder.name for folder in spools(tiny)] == ["2", "3"]
    tags = tiny.run_named("baseline").data.tags
    assert ("sakon.n1" in tags, "sakon.n2" in tags, "sakon.n3" in tags) == (True, False, False)
    assert "1 records of an earlier run" in caplog.text
    assert "wait for the MLflow server http://127.0.0.1:9" in caplog.text
    live.release()
