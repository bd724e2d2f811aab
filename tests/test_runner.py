"""One broken family never costs the run of the others."""

from __future__ import annotations

from functools import wraps
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from conftest import run
from fabricate import CASES

from sakon.errors import FamiliesFailedError
from sakon.pipelines.mlp import pipeline as mlp

EVERYTHING = ["ingestion", "preprocessing", "baseline", "mlp", "evaluation"]


def break_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the mlp begin with a weight that is no number."""
    build = mlp.build

    @wraps(build)
    def broken(*args: Any, **kwargs: Any) -> Any:
        model = build(*args, **kwargs)
        model.layers[-1].bias.assign(np.full(model.layers[-1].bias.shape, np.nan))
        return model

    monkeypatch.setattr(mlp, "build", broken)


def leaderboard(project: Path) -> pd.DataFrame:
    return pd.read_csv(project / "data/08_reporting/test/leaderboard.csv").set_index("family")


def test_divergence_ends_the_family_alone(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    CASES[0].write(project)
    run(project, pipelines=EVERYTHING)
    kept = (project / "data/06_models/test/mlp/model.keras").read_bytes()
    with monkeypatch.context() as patched:
        break_start(patched)
        with pytest.raises(FamiliesFailedError, match=r"Family mlp: .* found nan in epoch 1: .* mlp\.learning_rate"):
            run(project, pipelines=EVERYTHING)
    rows = leaderboard(project)
    assert list(rows["status"][["mlp", "baseline"]]) == ["failed", "trained"]
    assert "diverged" in rows["note"]["mlp"]
    assert np.isnan(rows["value"]["mlp"])
    assert (project / "data/06_models/test/mlp/model.keras").read_bytes() == kept
    experiment = mlflow.get_experiment_by_name("test")
    assert experiment is not None
    runs = mlflow.MlflowClient().search_runs([experiment.experiment_id], order_by=["attributes.start_time DESC"])
    newest = {each.info.run_name: each for each in reversed(runs)}
    assert {name: each.info.status for name, each in newest.items()} == {
        "baseline": "FINISHED", "mlp": "FAILED", "evaluation": "FINISHED",
    }  # fmt: skip
    assert "diverged" in newest["mlp"].data.tags["sakon.failure"]


def test_a_family_that_works_again_is_no_longer_failed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    CASES[0].write(project)
    with monkeypatch.context() as patched:
        break_start(patched)
        with pytest.raises(FamiliesFailedError):
            run(project, pipelines=EVERYTHING)
    run(project, pipelines=["mlp", "evaluation"])
    assert leaderboard(project)["status"]["mlp"] == "trained"
