"""A server that does not answer: pauses, the spool, and what is recorded later."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mlflow
import pytest
import requests

from sakon.tracking import operations as ops
from sakon.tracking import outage as outages
from sakon.tracking import store
from sakon.tracking.execution import OperationExecutor
from sakon.tracking.outage import Outage
from sakon.tracking.replay import replay_spools
from sakon.tracking.runs import MlflowRuns
from sakon.tracking.spool import SPOOL, waiting_spools


class Server:
    """Whether the server of a test answers."""

    def __init__(self) -> None:
        self.is_silent = False


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    """A store that fails as a server does that does not answer, as long as it is silent."""
    state, execute = Server(), OperationExecutor.execute

    def execute_if_it_answers(self: OperationExecutor, operation: ops.Operation) -> None:
        if state.is_silent:
            raise requests.exceptions.ReadTimeout("no answer")
        execute(self, operation)

    monkeypatch.setattr(OperationExecutor, "execute", execute_if_it_answers)
    monkeypatch.setattr(store, "responds", lambda _: not state.is_silent)
    return state


@pytest.fixture
def runs(tmp_path: Path) -> MlflowRuns:
    """Runs of a project with a store."""
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    experiment = store.prepare(uri, 5, "p")
    assert experiment is not None
    return MlflowRuns(mlflow.MlflowClient(uri, uri), experiment, "p", {"mlp": {"units": 3}}, False, tmp_path)


def losses(runs: MlflowRuns, run_id: str) -> list[float]:
    return [point.value for point in runs.client.get_metric_history(run_id, "loss")]


def recorded(runs: MlflowRuns) -> Any:
    (run,) = runs.client.search_runs([runs.experiment])
    return run


def test_training_goes_on_and_the_rest_is_recorded_when_the_server_returns(
    tmp_path: Path, runs: MlflowRuns, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.enter("mlp")
    runs.log_steps("mlp", [(1, {"loss": 3.0})])
    server.is_silent = True
    runs.log_steps("mlp", [(2, {"loss": 2.0})])
    runs.set_tags("mlp", {"note": "silent"})
    assert losses(runs, runs.ids["mlp"]) == [3.0]
    (spool,) = waiting_spools(tmp_path)
    lines = (spool.folder / "operations.jsonl").read_text().splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["metrics", "tags"]
    server.is_silent = False
    monkeypatch.setattr(outages.time, "monotonic", lambda: 1e9)  # after any pause
    runs.log_steps("mlp", [(3, {"loss": 1.0})])
    runs.close_all()
    assert losses(runs, runs.ids["mlp"]) == [3.0, 2.0, 1.0]
    assert recorded(runs).data.tags["sakon.note"] == "silent"
    assert recorded(runs).info.status == "FINISHED"
    assert not waiting_spools(tmp_path)


def test_the_next_run_records_what_a_session_left(tmp_path: Path, runs: MlflowRuns, server: Server) -> None:
    file = tmp_path / "table.csv"
    file.write_text("a,b")
    server.is_silent = True
    runs.enter("mlp")
    runs.log_steps("mlp", [(1, {"loss": 1.0})])
    runs.perform(ops.LogFile(run="mlp", files={"file": str(file)}))
    runs.close_all()
    file.unlink()
    assert not runs.client.search_runs([runs.experiment])
    server.is_silent = False
    replay_spools(tmp_path, str(runs.client.tracking_uri), 5)
    run = recorded(runs)
    assert (run.info.status, run.data.params) == ("FINISHED", {"units": "3"})
    assert losses(runs, run.info.run_id) == [1.0]
    assert [each.path for each in runs.client.list_artifacts(run.info.run_id)] == ["table.csv"]
    assert not list((tmp_path / SPOOL).rglob("*.json*"))
    replay_spools(tmp_path, str(runs.client.tracking_uri), 5)
    assert len(runs.client.search_runs([runs.experiment])) == 1


def test_a_spool_of_another_server_waits(
    tmp_path: Path, runs: MlflowRuns, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.is_silent = True
    runs.enter("mlp")
    runs.close_all()
    server.is_silent = False
    replay_spools(tmp_path, "http://127.0.0.1:9", 5)
    assert "wait for the MLflow server" in caplog.text
    assert len(waiting_spools(tmp_path)) == 1


def test_a_deleted_run_costs_what_belongs_to_it(runs: MlflowRuns, caplog: pytest.LogCaptureFixture) -> None:
    runs.enter("mlp")
    runs.enter("cnn")
    runs.client.delete_run(runs.ids["mlp"])
    runs.log_metrics("mlp", {"loss": 1.0})
    runs.log_metrics("cnn", {"loss": 1.0})
    runs.close_all()
    assert "was its run or model deleted in MLflow?" in caplog.text
    assert recorded(runs).data.metrics == {"loss": 1.0}
    assert recorded(runs).info.status == "FINISHED"


def test_pauses_double_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(outages.time, "monotonic", lambda: clock[0])
    outage = Outage()
    assert not outage.is_paused
    outage.begin("timed out")
    clock[0] = outages.FIRST_PAUSE - 1
    assert outage.is_paused
    clock[0] = outages.FIRST_PAUSE
    assert not outage.is_paused
    outage.begin("timed out")
    clock[0] += 2 * outages.FIRST_PAUSE - 1
    assert outage.is_paused
    outage.end()
    assert not outage.is_paused


def test_a_session_waits_for_a_minute_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(outages.time, "monotonic", lambda: clock[0])
    outage = Outage()
    with pytest.raises(TimeoutError), outage.timed():
        clock[0] += outages.MAX_WAIT
        raise TimeoutError
    outage.begin("timed out")
    clock[0] += 10 * outages.MAX_PAUSE
    assert outage.is_paused
