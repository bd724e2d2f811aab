"""New files from public bug reports: what pandas would infer anew, the schema decides."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from conftest import copy_project, run

from sakon.errors import DataError
from sakon.problem import ScoringResult

TRAIN = ["ingestion", "preprocessing", "baseline", "evaluation"]
TREES = {"baseline__trees": 5, "mlflow__system_metrics": False}


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def train(folder: Path, raw: Path, target: str, **load_args: Any) -> Path:
    """Train the baseline on a file, which becomes the champion."""
    project = copy_project(folder / "project")
    conf = project / "conf/test"
    catalog = {"raw": {"type": "pandas.CSVDataset", "filepath": str(raw), "load_args": load_args}}
    (conf / "catalog.yml").write_text(yaml.safe_dump(catalog))
    (conf / "parameters_problem.yml").write_text(yaml.safe_dump({"problem": {"kind": "tabular", "target": target}}))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.chdir(project)
        run(project, pipelines=TRAIN, **TREES)
    return project


def score(project: Path, new: Path, monkeypatch: pytest.MonkeyPatch, **parameters: Any) -> ScoringResult:
    monkeypatch.chdir(project)
    run(project, pipelines=["scoring"], scoring__data=str(new), **TREES, **parameters)
    return ScoringResult.model_validate_json((project / "data/08_reporting/test/scoring/scores.json").read_bytes())


def test_codes_keep_their_zeros(case_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = case_files / "scoring-codes-lose-zeros"
    project = train(tmp_path, case / "train.csv", "t")
    result = score(project, case / "new.csv", monkeypatch)
    assert result.new["accuracy"].value == 1
    assert result.unknown_categories == {}
    records = pd.read_parquet(project / "data/02_intermediate/test/scoring/records.parquet")
    assert set(records["code"]) == {"007", "012"}


def test_numbers_in_another_format_are_refused(
    case_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = case_files / "scoring-unreadable-numbers"
    project = train(tmp_path, case / "train.csv", "disorder", keep_default_na=False)
    message = "60 of 60 values of hours could not be read as numbers, such as '61,45'"
    with pytest.raises(DataError, match=message):
        score(project, case / "comma.csv", monkeypatch)
    with pytest.raises(DataError, match="60 of 60 values of hours could not be read as numbers"):
        score(project, case / "semi.csv", monkeypatch)
    capsys.readouterr()
    result = score(project, case / "comma.csv", monkeypatch, scoring__max_unreadable=1.0)
    assert result.unreadable_values == {"hours": 60}
    assert f"Note: {message}" in " ".join(capsys.readouterr().out.split())
    folder = tmp_path / "a,b=1, c"
    folder.mkdir()
    shutil.copy(case_files / "scoring-path-with-comma/new.csv", folder)
    assert score(project, folder / "new.csv", monkeypatch).rows == 1
