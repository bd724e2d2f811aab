"""An error in a family ends that family only; an error in a figure costs only the figure."""

from __future__ import annotations

import errno
import json
import logging
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from conftest import run
from fabricate import CASES
from kedro.framework.project import settings
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.runner import ParallelRunner, SequentialRunner, ThreadRunner
from mlflow.entities import Run
from sessions import read_leaderboard

from sakon.errors import FamiliesFailedError, ParameterError
from sakon.pipelines.mlp import family as mlp
from sakon.runner import FamilyRunner, supported_runner
from sakon.session import FamilySession

EVERYTHING = ["ingestion", "preprocessing", "baseline", "mlp", "evaluation"]
BASELINE = ["ingestion", "preprocessing", "baseline", "evaluation"]


def break_mlp(monkeypatch: pytest.MonkeyPatch) -> None:
    """Initialize a kernel of the mlp with NaN."""
    build = mlp.FAMILY.build
    assert build is not None

    @wraps(build)
    def broken(*args: Any, **kwargs: Any) -> Any:
        model = build(*args, **kwargs)
        kernel = model.get_layer("outputs").kernel
        kernel.assign(np.full(kernel.shape, np.nan))
        return model

    monkeypatch.setattr(mlp, "FAMILY", replace(mlp.FAMILY, build=broken))


def break_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a figure of a family and one of the evaluation fail."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no <figure>\ntoday")

    monkeypatch.setattr("sakon.pipelines.baseline.figures.importance", fail)
    monkeypatch.setattr("sakon.figures.comparison.slice_scores", fail)


def report(project: Path) -> str:
    return (project / "data/08_reporting/test/report.html").read_text(encoding="utf-8")


def newest_runs() -> dict[str, Run]:
    """Return the last MLflow run of each name."""
    experiment = mlflow.get_experiment_by_name("test")
    assert experiment is not None
    runs = mlflow.MlflowClient().search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"])
    return {each.info.run_name: each for each in runs}


def test_divergence_ends_only_the_family(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    CASES[0].write(project)
    run(project, pipelines=EVERYTHING)
    model = (project / "data/06_models/test/mlp/model.keras").read_bytes()
    with monkeypatch.context() as patched:
        break_mlp(patched)
        with pytest.raises(FamiliesFailedError, match=r"Family mlp: .* found nan in epoch 1: .* mlp\.learning_rate"):
            run(project, pipelines=EVERYTHING)
    rows = read_leaderboard(project)
    assert list(rows["status"][["mlp", "baseline"]]) == ["failed", "trained"]
    assert "diverged" in rows["note"]["mlp"]
    assert np.isnan(rows["value"]["mlp"])
    assert (project / "data/06_models/test/mlp/model.keras").read_bytes() == model
    runs = newest_runs()
    assert {name: each.info.status for name, each in runs.items()} == {
        "baseline": "FINISHED", "mlp": "FAILED", "evaluation": "FINISHED",
    }  # fmt: skip
    assert "diverged" in runs["mlp"].data.tags["sakon.failure"]


def test_a_family_without_memory_fails_alone_with_what_to_do(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    CASES[0].write(project)

    def build(*_: Any) -> Any:
        raise MemoryError("Unable to allocate 7.28 TiB for an array with shape (1000000, 1000000)")

    original = mlp.FAMILY.build
    assert original is not None
    monkeypatch.setattr(mlp, "FAMILY", replace(mlp.FAMILY, build=wraps(original)(build)))
    sentence = r"^Family mlp: .* found an array of 7\.28 TiB that does not; lower mlp\.batch_size, or lower"
    with pytest.raises(FamiliesFailedError, match=sentence):
        run(project, pipelines=["ingestion", "preprocessing", "mlp", "baseline"])
    assert (project / "data/06_models/test/baseline/model.skops").exists()


def test_a_family_trained_again_is_no_longer_failed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    CASES[0].write(project)
    with monkeypatch.context() as patched:
        break_mlp(patched)
        with pytest.raises(FamiliesFailedError):
            run(project, pipelines=EVERYTHING)
    run(project, pipelines=["mlp", "evaluation"])
    assert read_leaderboard(project)["status"]["mlp"] == "trained"


def test_figures_that_fail_are_reported_and_cost_no_family(
    project: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    CASES[0].write(project)
    reason = "RuntimeError: no <figure> today"
    with monkeypatch.context() as patched, caplog.at_level(logging.WARNING, "sakon"):
        break_figures(patched)
        run(project, pipelines=BASELINE)
    assert read_leaderboard(project)["status"]["baseline"] == "trained"
    for name in ("baseline.importance_figure", "evaluation.slices_figure"):
        assert f"Figure {name} could not be drawn: {reason}" in caplog.text
    assert "Figures that could not be drawn" in report(project)
    assert report(project).count("RuntimeError: no &lt;figure&gt; today") == 2
    runs = newest_runs()
    assert {each.info.status for each in runs.values()} == {"FINISHED"}
    assert runs["baseline"].data.tags["sakon.figure_errors"] == f"importance: {reason}"
    assert runs["evaluation"].data.tags["sakon.figure_errors"] == f"slices: {reason}"
    figure = json.loads((project / "data/08_reporting/test/baseline/importance.json").read_text())
    assert "RuntimeError" in json.dumps(figure)
    run(project, pipelines=BASELINE)
    assert "Figures that could not be drawn" not in report(project)
    errors = json.loads((project / "data/08_reporting/test/baseline/figure_errors.json").read_text())
    assert errors == {"errors": {}}
    assert newest_runs()["baseline"].data.tags["sakon.figure_errors"] == ""


def test_sessions_outside_the_command_line_contain_errors_too(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook runs sessions without naming a runner."""
    CASES[0].write(project)
    bootstrap_project(project)
    break_figures(monkeypatch)
    with settings.SESSION_CLASS.create(project, env="test") as session:
        session.run(pipeline_names=BASELINE)
    assert read_leaderboard(project)["status"]["baseline"] == "trained"
    assert "Figures that could not be drawn" in report(project)


def test_a_model_that_cannot_be_read_is_the_failure_of_its_family(project: Path) -> None:
    CASES[0].write(project)
    run(project, pipelines=BASELINE)
    model = project / "data/06_models/test/baseline/model.skops"
    content = model.read_bytes()
    model.write_bytes(content[: len(content) // 2])
    with pytest.raises(
        FamiliesFailedError, match=r"model\.skops: expected a complete model, .* train the family again"
    ):
        run(project, pipelines=["evaluation"])
    row = read_leaderboard(project).loc["baseline"]
    assert row["status"] == "failed"
    assert "expected a complete model" in row["note"]
    assert set(read_leaderboard(project)["status"]) == {"failed", "not trained"}
    assert "expected a complete model" in report(project)
    model.write_bytes(content)
    run(project, pipelines=["evaluation"])
    assert read_leaderboard(project)["status"]["baseline"] == "trained"


@pytest.mark.parametrize("runner", [ThreadRunner, ParallelRunner])
@pytest.mark.parametrize("session_class", [KedroSession, FamilySession])
def test_runners_of_several_nodes_at_a_time_are_refused(project: Path, runner: Any, session_class: Any) -> None:
    CASES[0].write(project)
    bootstrap_project(project)
    sentence = f"--runner {runner.__name__}: expected a runner that trains one"
    with session_class.create(project, env="test") as session, pytest.raises(ParameterError, match=sentence):
        session.run(pipeline_names=["ingestion"], runner=runner())
    assert list((project / "data").glob("0[2-8]*")) == []


@pytest.mark.parametrize("runner", [None, SequentialRunner(), SequentialRunner(is_async=True)])
def test_sequential_runners_contain_errors(runner: SequentialRunner | None) -> None:
    assert type(supported_runner(runner)) is FamilyRunner
    own = type("OwnRunner", (SequentialRunner,), {})()
    assert supported_runner(own) is own


def test_an_old_failure_is_emptied_under_a_runner_of_kedro(project: Path) -> None:
    CASES[0].write(project)
    bootstrap_project(project)
    failure = project / "data/06_models/test/baseline/failure.json"
    failure.parent.mkdir(parents=True)
    failure.write_text('{"reason": "diverged"}')
    with KedroSession.create(project, env="test") as session:
        session.run(pipeline_names=["ingestion", "preprocessing", "baseline"])
    assert json.loads(failure.read_text()) == {"reason": "", "is_skipped": False, "shortest_minutes": 0.0}


def test_a_failure_is_recorded_under_a_runner_of_kedro(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    CASES[0].write(project)
    bootstrap_project(project)
    monkeypatch.setattr("sakon.pipelines.baseline.nodes.pd", None)
    with KedroSession.create(project, env="test") as session, pytest.raises(Exception, match="NoneType"):
        session.run(pipeline_names=["ingestion", "preprocessing", "baseline"])
    assert "NoneType" in json.loads((project / "data/06_models/test/baseline/failure.json").read_text())["reason"]


def test_a_result_that_could_not_be_saved_costs_no_training(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checkpoint goes when all that is made of the training is saved."""
    CASES[0].write(project)
    run(project, pipelines=["ingestion", "preprocessing"])

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("sakon.datasets.model.ModelDataset.save", fail)
        with pytest.raises(FamiliesFailedError, match="expected room to write, found none .*; make room"):
            run(project, pipelines=["mlp"])
    checkpoints = project / "data/06_models/test/mlp/checkpoints"
    assert list(checkpoints.glob("*.npz"))
    monkeypatch.setattr("keras.Model.fit", None)
    run(project, pipelines=["mlp"])
    assert (project / "data/06_models/test/mlp/model.keras").is_file()
    assert list(checkpoints.glob("*.npz")) == []
