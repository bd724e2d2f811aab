from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import mlflow
import psutil
import pytest
from conftest import ROOT
from kedro.pipeline import Node
from tracking.servers import end
from tracking.tiny_project import PROBLEM, Project, training_nodes

from sakon.errors import TrackingError
from sakon.tracking import store

TIMEOUT = 2.0


@pytest.fixture
def refusing() -> str:
    """Address at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def silent() -> Iterator[str]:
    """Address that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def other_service() -> Iterator[str]:
    """Address of a web server that is no MLflow."""

    class NotFound(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def do_POST(self) -> None:
            self.send_error(404)

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), NotFound)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.mark.parametrize("kind", ["refusing", "silent", "other_service"])
def test_an_unusable_server_stops_the_run_soon_with_one_sentence(
    bare: Project, request: pytest.FixtureRequest, kind: str
) -> None:
    uri = request.getfixturevalue(kind)
    bare.prepare("tabular", "classification")
    started = time.perf_counter()
    with pytest.raises(TrackingError) as caught:
        bare.run(*training_nodes(), mlflow_settings={"tracking_uri": uri, "timeout_seconds": TIMEOUT}, baseline={})
    assert time.perf_counter() - started < TIMEOUT + 2
    (sentence,) = caught.value.messages
    assert "\n" not in sentence
    assert uri in sentence
    assert "MLFLOW_TRACKING_URI" in sentence
    assert "mlflow.required=false" in sentence
    assert not bare.catalog["baseline.model"].exists()


@pytest.mark.parametrize("kind", ["refusing", "silent"])
def test_a_dead_server_that_is_not_required_costs_a_warning_and_the_timeout(
    bare: Project,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", request.getfixturevalue(kind))
    bare.prepare("tabular", "classification")
    started = time.perf_counter()
    with caplog.at_level(logging.WARNING, "sakon"):
        bare.run(*training_nodes(), mlflow_settings={"required": False, "timeout_seconds": TIMEOUT}, baseline={})
        assert bare.catalog.load("evaluation.tracked_runs") == {}
        assert bare.catalog.load("evaluation.champion") is None
    assert time.perf_counter() - started < TIMEOUT + 2
    assert bare.catalog["baseline.model"].exists()
    (record,) = [record for record in caplog.records if record.name == "sakon"]
    assert "recorded" in record.getMessage()
    assert not (bare.folder / "mlflow.db").exists()


def test_server_records_everything_and_a_lost_server_is_an_error_or_a_warning(
    bare: Project, server: tuple[str, subprocess.Popen[bytes]], caplog: pytest.LogCaptureFixture
) -> None:
    uri, process = server
    bare.prepare("tabular", "classification")
    bare.run(*training_nodes(), mlflow_settings={"tracking_uri": uri}, baseline={})
    client = mlflow.MlflowClient(uri, uri)
    run = client.get_run(client.get_model_version_by_alias(PROBLEM, "baseline").run_id)
    assert (run.info.status, run.data.metrics["best_val_loss"]) == ("FINISHED", 0.25)
    assert bare.catalog.load("evaluation.tracked_runs")["baseline"]["version"] == "1"

    def outlive(train: object) -> dict[str, float]:
        end(process)
        return {"best_val_loss": 0.5}

    node = Node(outlive, "train", "mlp.measures", name="fit", namespace="mlp")
    settings = {"tracking_uri": uri, "required": False}
    with caplog.at_level(logging.WARNING, "sakon"):
        bare.run(node, mlflow_settings=settings)
    assert bare.catalog.load("mlp.measures") == {"best_val_loss": 0.5}
    (record,) = [record for record in caplog.records if record.name == "sakon"]
    assert "Connection refused" in record.getMessage()


STARTER = f"""
import sys
sys.path[:0] = {[str(ROOT / "tests"), str(ROOT / "src")]!r}
import mlflow
from sakon.tracking import store
from sakon.tracking.registration import create_version
from sakon.tracking.runs import MlflowRuns

uri, problem = sys.argv[1:]
experiment = store.prepare(uri, 5.0, problem)
runs = MlflowRuns(mlflow.MlflowClient(uri, uri), experiment, problem, {{}}, False)
runs.enter("mlp")
logged = runs.client.create_logged_model(experiment, name="mlp", source_run_id=runs.id_of("mlp"))
create_version(runs.client, problem, logged.model_id, runs.id_of("mlp"), {{}})
runs.close("mlp")
"""


def test_processes_that_start_on_a_fresh_store_do_not_disturb_each_other(bare: Project) -> None:
    command = [sys.executable, "-c", STARTER, bare.uri, PROBLEM]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    ends = [(process.communicate(timeout=120)[1][-800:], process.returncode) for process in started]
    assert [code for _, code in ends] == [0] * 4, ends
    assert [run.info.status for run in bare.runs("mlp")] == ["FINISHED"] * 4
    versions = bare.client.search_model_versions(f"name = '{PROBLEM}'")
    assert sorted(int(version.version) for version in versions) == [1, 2, 3, 4]


def test_runs_of_processes_that_are_gone_are_swept(tiny: Project) -> None:
    client = tiny.client
    experiment = client.create_experiment(PROBLEM)
    elsewhere = client.create_experiment("elsewhere")
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    host, alive = socket.gethostname(), str(psutil.Process().ppid())
    owners = {
        "dead": (experiment, str(gone.pid), host),
        "alive": (experiment, alive, host),
        "other host": (experiment, str(gone.pid), "another"),
        "other problem": (elsewhere, str(gone.pid), host),
    }
    made = {
        name: client.create_run(place, run_name=name, tags={"sakon.pid": pid, "sakon.host": machine}).info.run_id
        for name, (place, pid, machine) in owners.items()
    }
    reused = client.create_run(
        experiment, start_time=1_000_000_000_000, tags={"sakon.pid": alive, "sakon.host": host}
    ).info.run_id
    tiny.prepare("tabular", "classification")
    tiny.run(*training_nodes(), baseline={})
    status = {name: client.get_run(run_id).info.status for name, run_id in made.items()}
    assert status.pop("dead") in ("KILLED", "FAILED")
    assert set(status.values()) == {"RUNNING"}
    assert client.get_run(reused).info.status in ("KILLED", "FAILED"), "a new process has the dead one's number"
    assert "sakon.failure" in client.get_run(made["dead"]).data.tags


def test_an_experiment_deleted_by_hand_does_not_stop_the_run(tiny: Project) -> None:
    tiny.client.delete_experiment(tiny.client.create_experiment(PROBLEM))
    tiny.prepare("tabular", "classification")
    tiny.run(*training_nodes(), baseline={})
    assert tiny.run_named("baseline").info.status == "FINISHED"


def test_files_of_runs_lie_beside_the_store_wherever_the_command_is_given(
    tiny: Project, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tiny.prepare("tabular", "classification")
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    tiny.run(*training_nodes(), baseline={})
    assert str(tiny.folder) in tiny.run_named("baseline").info.artifact_uri
    assert not list(Path.cwd().iterdir())


def test_session_does_not_change_the_environment(tiny: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tiny.uri)
    tiny.prepare("tabular", "classification")
    tiny.run(*training_nodes(), mlflow_settings={"tracking_uri": f"{tiny.uri}.other"}, baseline={})
    assert os.environ["MLFLOW_TRACKING_URI"] == tiny.uri
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    tiny.run(*training_nodes(), baseline={})
    assert "MLFLOW_TRACKING_URI" not in os.environ
    assert len(tiny.runs("baseline")) == 1


def test_outside_a_run_looking_makes_no_store(bare: Project) -> None:
    assert bare.catalog.load("evaluation.tracked_runs") == {}
    assert bare.catalog.load("evaluation.champion") is None
    assert not bare.catalog["evaluation.champion"].exists()
    assert [path.name for path in bare.folder.iterdir()] == []


def test_pipelines_that_declare_nothing_need_no_store(bare: Project) -> None:
    bare.prepare("tabular", "classification")
    bare.run(Node(len, "train_records", "rows", name="count", namespace="ingestion"))
    assert not (bare.folder / "mlflow.db").exists()


def test_preparing_twice_gives_the_same_experiment(tiny: Project) -> None:
    assert store.prepare(tiny.uri, 5.0, "twice") == store.prepare(tiny.uri, 5.0, "twice")
    assert mlflow.get_tracking_uri() == tiny.uri
