"""Predictions of the champion in a real Spark session equal those of one process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from conftest import copy_project, run
from fabricate import BY_NAME
from kedro.io import DatasetError

from sakon.errors import DataError
from sakon.problem import ScoringResult

CASE = BY_NAME["tabular_classification"]
ROWS, ROWS_WITH_TARGET = 60, 40
QUIET = {"mlflow__system_metrics": False}


@pytest.fixture(autouse=True)
def _spark_on_this_machine(java: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("SPARK_MASTER", "local[2]")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose champion is a network."""
    folder = copy_project(tmp_path_factory.mktemp("trained") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.chdir(folder)
        CASE.write(folder)
        run(folder, pipelines=["ingestion", "preprocessing", "mlp"], **QUIET)
    client = mlflow.MlflowClient(f"sqlite:///{folder / 'mlflow.db'}", f"sqlite:///{folder / 'mlflow.db'}")
    client.set_registered_model_alias("test", "champion", client.get_model_version_by_alias("test", "mlp").version)
    return folder


def new_records() -> pd.DataFrame:
    """Return raw rows, some of them with a target; the target of two rows is an unknown class."""
    table = CASE.raw.head(ROWS).assign(scan=np.arange(100, 100 + ROWS))
    table["outcome"] = table["outcome"].where(table.index < ROWS_WITH_TARGET).where(table.index > 1, "perhaps")
    return table


def load_predictions(project: Path) -> pd.DataFrame:
    return pd.read_parquet(project / "data/07_model_output/test/distributed_scoring/predictions.parquet")


def load_result(project: Path, pipeline: str) -> ScoringResult:
    path = project / f"data/08_reporting/test/{pipeline}/scores.json"
    return ScoringResult.model_validate_json(path.read_text())


def test_predictions_equal_those_of_one_process(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(trained)
    new_records().to_csv(tmp_path / "new.csv", index=False)
    run(trained, pipelines=["scoring"], scoring__data=str(tmp_path / "new.csv"), **QUIET)
    expected = pd.read_parquet(trained / "data/07_model_output/test/scoring/predictions.parquet")
    folder = tmp_path / "new"
    folder.mkdir()
    parts = new_records().iloc[: ROWS // 3], new_records().iloc[ROWS // 3 :]
    for number, part in enumerate(parts):
        part.to_parquet(folder / f"{number}.parquet", index=False)
    capsys.readouterr()
    run(trained, pipelines=["distributed_scoring"], scoring__data=str(folder), **QUIET)
    assert "Predicted: 60 new records by champion v1 (mlp)." in capsys.readouterr().out
    predictions = load_predictions(trained).sort_values("scan", ignore_index=True)
    assert list(predictions) == ["file", *expected.columns]
    assert predictions["file"].tolist() == ["0.parquet"] * len(parts[0]) + ["1.parquet"] * len(parts[1])
    assert predictions["row"].tolist() == [*range(len(parts[0])), *range(len(parts[1]))]
    for name in ("scan", "actual", "prediction"):
        assert predictions[name].astype(object).where(predictions[name].notna(), None).tolist() == (
            expected[name].astype(object).where(expected[name].notna(), None).tolist()
        )
    probabilities = predictions.filter(like="probability_"), expected.filter(like="probability_")
    np.testing.assert_allclose(*probabilities, atol=1e-6)
    _check_result(load_result(trained, "distributed_scoring"), load_result(trained, "scoring"))


def _check_result(result: ScoringResult, expected: ScoringResult) -> None:
    shared = {"rows", "rows_scored", "rows_of_unknown_classes", "champion_version", "champion_family", "metric"}
    assert result.model_dump(include=shared) == expected.model_dump(include=shared)
    assert (result.rows_scored, result.rows_of_unknown_classes) == (ROWS_WITH_TARGET - 2, 2)
    values = {name: interval.value for name, interval in result.new.items()}
    assert set(values) == {
        "accuracy", "balanced_accuracy", "f1", "f1_macro", "log_loss", "roc_auc", "expected_calibration_error",
    }  # fmt: skip
    assert values == pytest.approx({name: expected.new[name].value for name in values}, abs=1e-6)
    assert sum(result.rows_by_prediction.values()) == ROWS
    store = "sqlite:///mlflow.db"
    client = mlflow.MlflowClient(store, store)
    experiment = client.get_experiment_by_name("test")
    (last, *_) = client.search_runs([experiment.experiment_id], "attributes.run_name = 'distributed_scoring'")
    assert last.data.metrics["new_accuracy"] == pytest.approx(values["accuracy"])


def test_invalid_records_are_an_error_and_change_no_file(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(trained)
    path = tmp_path / "new.parquet"

    def check_error(error: type[Exception], match: str, **parameters: Any) -> None:
        with pytest.raises(error, match=match):
            run(trained, pipelines=["distributed_scoring"], scoring__data=str(path), **parameters, **QUIET)

    new_records().drop(columns="outcome").to_parquet(path, index=False)
    run(trained, pipelines=["distributed_scoring"], scoring__data=str(path), **QUIET)
    before = load_predictions(trained)
    assert "actual" not in before
    assert "file" not in before
    assert before["row"].tolist() == list(range(ROWS))
    assert load_result(trained, "distributed_scoring").rows_scored == 0
    new_records().drop(columns="height").to_parquet(path, index=False)
    check_error(DataError, r"New records: .*\['height'\]")
    new_records().head(0).to_parquet(path, index=False)
    check_error(DataError, "New records: expected at least one, found none")
    new_records().rename(columns={"outcome": "result"}).to_parquet(path, index=False)
    check_error(DataError, "Champion v1 .*target 'result', found target 'outcome'", problem__target="result")
    path.write_bytes(path.read_bytes()[:-100])
    check_error((DataError, DatasetError), "expected a complete Parquet file")
    pd.testing.assert_frame_equal(load_predictions(trained), before)
    assert not list((trained / "data/07_model_output/test/distributed_scoring").glob(".*partial*"))


def test_predictions_of_a_csv_file(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trained)
    new_records().to_csv(tmp_path / "new.csv", index=False)
    run(trained, pipelines=["scoring"], scoring__data=str(tmp_path / "new.csv"), **QUIET)
    expected = pd.read_parquet(trained / "data/07_model_output/test/scoring/predictions.parquet")
    run(trained, pipelines=["distributed_scoring"], scoring__data=str(tmp_path / "new.csv"), **QUIET)
    predictions = load_predictions(trained).sort_values("scan", ignore_index=True)
    assert list(predictions) == list(expected.drop(columns="row"))
    assert predictions["actual"].fillna("").tolist() == expected["actual"].fillna("").tolist()
    np.testing.assert_allclose(predictions["probability_yes"], expected["probability_yes"], atol=1e-6)


def test_unsupported_kind_is_an_error(project: Path) -> None:
    BY_NAME["image_classification"].write(project)
    new = {"scoring__data": "data/01_raw/test/raw.npz"}
    with pytest.raises(DataError, match=r"problem\.kind: expected tabular or text .*'image'; .*--pipelines=scoring"):
        run(project, pipelines=["distributed_scoring"], **new, **QUIET)


def test_missing_file_is_an_error(project: Path) -> None:
    CASE.write(project)
    with pytest.raises(DataError, match=r"absent\.parquet: the raw file is not there; .*--params scoring\.data=PATH"):
        run(project, pipelines=["distributed_scoring"], scoring__data="absent.parquet", **QUIET)


def test_missing_champion_is_an_error(project: Path, tmp_path: Path) -> None:
    CASE.write(project)
    new_records().to_parquet(tmp_path / "new.parquet", index=False)
    with pytest.raises(DatasetError, match="expected a registered model with the alias champion, found none"):
        run(project, pipelines=["distributed_scoring"], scoring__data=str(tmp_path / "new.parquet"), **QUIET)
