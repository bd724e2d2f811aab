"""Hundreds of classes and of columns end in time, with a report that can be read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
from sessions import configure, read_leaderboard, run

from sakon.onboarding.inference import Request
from sakon.onboarding.new import create_problem

PLOTLY_BYTES = 5_000_000
"""Size of plotly's script, which every report holds."""


def create(project: Path, table: pd.DataFrame) -> None:
    configure()
    table.to_csv(project / "data" / "table.csv", index=False)
    create_problem(project, project / "conf", "mine", project / "data" / "table.csv", Request("y"))


def test_hundreds_of_classes(project: Path) -> None:
    classes = 150
    rng = np.random.default_rng(0)
    labels = np.tile(np.arange(classes), 5)
    numbers = rng.normal(size=(classes, 6))[labels] * 2 + rng.normal(size=(len(labels), 6))
    table = pd.DataFrame(numbers.round(3), columns=[f"c{index}" for index in range(6)])
    create(project, table.assign(y=[f"SKU{label:03d}" for label in labels]))
    run(project, "mine", ["ingestion", "preprocessing", "baseline", "evaluation"])
    assert "no boosting of 150 classes" in read_leaderboard(project, "mine").loc["baseline", "note"]
    reports = project / "data/08_reporting/mine"
    assert len(json.loads((reports / "evaluation/errors.json").read_text())["data"][0]["y"]) == 30
    report = (reports / "report.html").read_text(encoding="utf-8")
    assert len(report) < PLOTLY_BYTES + 500_000
    assert "SKU059: 5 and 90 more" in report


def test_eight_hundred_classes_of_three_rows(case_files: Path, project: Path) -> None:
    table = pd.read_csv(case_files / "many-classes/data.csv")
    create(project, table.rename(columns={table.columns[-1]: "y"}))
    run(project, "mine", ["ingestion", "preprocessing", "baseline"])
    history = pd.read_csv(project / "data/08_reporting/mine/baseline/history.csv")
    assert set(history["candidate"]) == {"naive", "linear"}


def test_more_columns_than_rows(project: Path) -> None:
    numbers = np.random.default_rng(0).normal(size=(60, 400)).round(3)
    table = pd.DataFrame(numbers, columns=[f"c{index}" for index in range(400)])
    create(project, table.assign(y=np.where(numbers[:, 0] > 0, "a", "b")))
    run(project, "mine", ["ingestion", "preprocessing", "baseline", "evaluation"])
    assert read_leaderboard(project, "mine").loc["baseline", "status"] == "trained"
    reports = project / "data/08_reporting/mine"
    assert len((reports / "report.html").read_text(encoding="utf-8")) < PLOTLY_BYTES + 500_000
    assert len(json.loads((reports / "baseline/importance.json").read_text())["data"][0]["y"]) == 25
