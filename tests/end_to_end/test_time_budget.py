"""A run with a time budget: families are cut short or skipped, and everything says so. The clock is a counter."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from conftest import copy_project, run
from fabricate import BY_NAME
from kedro.framework.project import pipelines as registered_pipelines
from sessions import read_leaderboard

from sakon import worker
from sakon.errors import TimeBudgetError
from sakon.training.events import TrainingId
from sakon.training.time_limit import TimeLimit, now
from sakon.workers.messages import Event, SessionDescription, TrainFamily, TrainingBegan, TrainingEnded

PIPELINES = ["ingestion", "preprocessing", "baseline", "mlp", "som", "evaluation"]
CASE = BY_NAME["tabular_classification"]
CLOCKS = ("sakon.training.time_limit.now", "sakon.workers.time_budget.now", "sakon.workers.hook.now")


@dataclass(frozen=True)
class CutRun:
    """A project after a run with too little time, what was logged, and the leaderboard by family."""

    project: Path
    lines: list[str]
    rows: pd.DataFrame

    def stored(self, name: str) -> dict[str, object]:
        content: dict[str, object] = json.loads((self.project / "data/06_models/test" / name).read_text())
        return content


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> CutRun:
    """A run in which a second passes whenever the time is read: `som` has none left."""
    project, lines = copy_project(tmp_path_factory.mktemp("cut") / "project"), []
    logger, handler, seconds = logging.getLogger("sakon"), logging.Handler(), count(1000)
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.chdir(project)
        for clock in CLOCKS:
            patch.setattr(clock, lambda: float(next(seconds)))
        CASE.write(project)
        logger.addHandler(handler)
        run(project, pipelines=PIPELINES, run__minutes=0.45, mlp__epochs=60, mlp__patience=60)
        logger.removeHandler(handler)
    mlflow.end_run()
    return CutRun(project, lines, read_leaderboard(project))


def test_the_leaderboard_says_what_was_cut_short_and_skipped(cut: CutRun) -> None:
    assert list(cut.rows["status"][["baseline", "mlp", "som"]]) == ["trained", "trained", "not trained"]
    assert re.fullmatch(r"\w+; cut short after \d of 6 models", cut.rows["note"]["baseline"])
    assert re.fullmatch(r"cut short after \d+ of 60 epochs", cut.rows["note"]["mlp"])
    assert cut.rows["note"]["som"].startswith("Family som: not trained: ")


def test_the_console_has_a_line_for_each(cut: CutRun) -> None:
    mlp = cut.stored("mlp/training.json")
    assert f"Family mlp: cut short after {mlp['stopped_after']} (time budget)." in cut.lines
    assert [line.split(":")[0] for line in cut.lines] == ["Family baseline", "Family mlp", "Family som"]


def test_the_report_has_the_reason(cut: CutRun) -> None:
    report = (cut.project / "data/08_reporting/test/report.html").read_text(encoding="utf-8")
    assert f"<b>som is not trained.</b> {cut.rows['note']['som']}" in report
    assert f"mlp ({cut.rows['note']['mlp']})" in report


def test_mlflow_has_tags_of_both(cut: CutRun) -> None:
    client = mlflow.MlflowClient(f"sqlite:///{cut.project / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("test")
    assert experiment is not None
    runs = {each.info.run_name: each for each in client.search_runs([experiment.experiment_id])}
    assert runs["mlp"].data.tags["sakon.stopped_by"] == "time budget"
    assert runs["mlp"].data.tags["sakon.stopped_after"] == cut.stored("mlp/training.json")["stopped_after"]
    assert {each.info.status for each in runs.values()} == {"FINISHED"}


def test_a_family_that_is_trained_later_is_no_longer_skipped(cut: CutRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(cut.project)
    assert cut.stored("som/failure.json")["is_skipped"] is True
    run(cut.project, pipelines=["som"])
    assert cut.stored("som/failure.json") == {"reason": "", "is_skipped": False, "shortest_minutes": 0.0}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_budget_too_short_for_any_family_says_what_is_possible(project: Path, workers: int) -> None:
    CASE.write(project)
    sentence = r"^Parameter run\.minutes: expected time to train at least one family, found too little for any of 2; "
    with pytest.raises(TimeBudgetError, match=sentence + r"the shortest possible is about \d+(\.\d)?, and more"):
        run(project, pipelines=["ingestion", "preprocessing", "mlp", "som"], run__minutes=1e-6, run__workers=workers)
    assert not (project / "data/06_models/test/mlp/model.keras").exists()


class RecordingProcess:
    """Stands for the main process as a worker sees it."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def send(self, event: Event) -> None:
        self.events.append(event)

    record = send


def test_a_worker_obeys_the_time_of_its_family(project: Path) -> None:
    CASE.write(project)
    run(project, pipelines=["ingestion", "preprocessing"])
    registered_pipelines.set_requested(None)
    nodes = frozenset(node.name for node in registered_pipelines["mlp"].nodes)
    request = TrainFamily("mlp", nodes, TimeLimit(now(), 1e-3, 2.0))
    session = SessionDescription("sakon", str(project), str(project / "conf"), "test", run_id="now")
    process = RecordingProcess()
    worker._train(request, session, process)  # type: ignore[arg-type]
    registered_pipelines.set_requested(None)
    failure = json.loads((project / "data/06_models/test/mlp/failure.json").read_text())
    assert re.match(r"Family mlp: not trained: an epoch takes about .*, and 0 s of its share", failure["reason"])
    assert failure["is_skipped"]
    began, ended = (each for each in process.events if isinstance(each, TrainingBegan | TrainingEnded))
    assert began.training == ended.training == TrainingId("mlp")
