"""An error in a family ends that family only; an error in a figure costs only the figure."""

from __future__ import annotations

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
from kedro.framework.startup import bootstrap_project
from mlflow.entities import Run
from sessions import read_leaderboard

from sakon.errors import FamiliesFailedError
from sakon.pipelines.mlp import family as mlp

EVERYTHING = ["ingestion", "preprocessing", "baseline", "mlp", "evaluation"]
BASELINE = ["ingestion", "preprocessing", "baseline", "evaluation"]


def break_mlp(monkeypatch: pytest.MonkeyPatch) -> None:
    """Initialize a bias of the mlp with NaN."""
    build = mlp.FAMILY.build
    assert build is not None

    @wraps(build)
    def broken(*args: Any, **kwargs: Any) -> Any:
        model = build(*args, **kwargs)
        model.layers[-1].bias.assign(np.full(model.layers[-1].bias.shape, np.nan))
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
