"""The champion answers on Spark as it does in one process, in real sessions."""

from __future__ import annotations

import json
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

CASE = BY_NAME["tabular_classification"]
ROWS, KNOWN = 60, 40
QUIET = {"mlflow__system_metrics": False}


@pytest.fixture(autouse=True)
def _one_machine(java: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("SPARK_MASTER", "local[2]")


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose champion is a network."""
    folder = copy_project(tmp_path_factory.mktemp("learnt") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.chdir(folder)
        CASE.write(folder)
        run(folder, pipelines=["ingestion", "preprocessing", "mlp"], **QUIET)
    client = mlflow.MlflowClient(f"sqlite:///{folder / 'mlflow.db'}", f"sqlite:///{folder / 'mlflow.db'}")
    client.set_registered_model_alias("test", "champion", client.get_model_version_by_alias("test", "mlp").version)
    return folder


def new_records() -> pd.DataFrame:
    """The first rows, of which some have a target, two of them one that the champion does not know."""
    table = CASE.raw.head(ROWS).assign(scan=np.arange(100, 100 + ROWS))
    table["outcome"] = table["outcome"].where(table.index < KNOWN).where(table.index > 1, "perhaps")
    return table


def predictions(project: Path) -> pd.DataFrame:
    return pd.read_parquet(project / "data/07_model_output/test/distributed_scoring/predictions.parquet")


def scores(project: Path, pipeline: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((project / f"data/08_reporting/test/{pipeline}/scores.json").read_text())
    return found


def test_a_table_is_answered_as_in_one_process(
    learnt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(learnt)
    new_records().to_csv(tmp_path / "new.csv", index=False)
    run(learnt, pipelines=["scoring"], scoring__data=str(tmp_path / "new.csv"), **QUIET)
    expected = pd.read_parquet(learnt / "data/07_model_output/test/scoring/predictions.parquet")
    folder = tmp_path / "new"
    folder.mkdir()
    halves = new_records().iloc[: ROWS // 3], new_records().iloc[ROWS // 3 :]
    for number, half in enumerate(halves):
        half.to_parquet(folder / f"{number}.parquet", index=False)
    capsys.readouterr()
    run(learnt, pipelines=["distributed_scoring"], scoring__data=str(folder), **QUIET)
    assert "Answered: 60 new records by champion v1 (mlp)." in capsys.readouterr().out
    found = predictions(learnt).sort_values("scan", ignore_index=True)
    assert list(found) == ["file", *expected.columns]
    assert found["file"].tolist() == ["0.parquet"] * len(halves[0]) + ["1.parquet"] * len(halves[1])
    assert found["row"].tolist() == [*range(len(halves[0])), *range(len(halves[1]))]
    for name in ("scan", "actual", "prediction"):
        assert found[name].astype(object).where(found[name].notna(), None).tolist() == (
            expected[name].astype(object).where(expected[name].notna(), None).tolist()
        )
    probabilities = found.filter(like="probability_"), expected.filter(like="probability_")
    np.testing.assert_allclose(*probabilities, atol=1e-6)
    _check_scores(scores(learnt, "distributed_scoring"), scores(learnt, "scoring"))


def _check_scores(found: dict[str, Any], expected: dict[str, Any]) -> None:
    shared = ["rows", "rows_scored", "rows_of_unknown_classes", "champion_version", "champion_family", "metric"]
    assert {name: found[name] for name in shared} == {name: expected[name] for name in shared}
    assert (found["rows_scored"], found["rows_of_unknown_classes"]) == (KNOWN - 2, 2)
    measured = {name: value for name, value in found.items() if name.startswith("new_")}
    assert set(measured) == {
        "new_accuracy", "new_balanced_accuracy", "new_f1", "new_f1_macro", "new_log_loss", "new_roc_auc",
        "new_expected_calibration_error",
    }  # fmt: skip
    assert measured == pytest.approx({name: expected[name] for name in measured}, abs=1e-6)
    assert sum(found["rows_by_prediction"].values()) == ROWS
    store = "sqlite:///mlflow.db"
    client = mlflow.MlflowClient(store, store)
    experiment = client.get_experiment_by_name("test")
    (last, *_) = client.search_runs([experiment.experiment_id], "attributes.run_name = 'distributed_scoring'")
    assert last.data.metrics["new_accuracy"] == pytest.approx(found["new_accuracy"])


def test_bad_input_is_named_and_costs_nothing_that_was_made(
    learnt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(learnt)
    path = tmp_path / "new.parquet"

    def refused(error: type[Exception], match: str, **parameters: Any) -> None:
        with pytest.raises(error, match=match):
            run(learnt, pipelines=["distributed_scoring"], scoring__data=str(path), **parameters, **QUIET)

    new_records().drop(columns="outcome").to_parquet(path, index=False)
    run(learnt, pipelines=["distributed_scoring"], scoring__data=str(path), **QUIET)
    before = predictions(learnt)
    assert "actual" not in before
    assert "file" not in before
    assert before["row"].tolist() == list(range(ROWS))
    assert scores(learnt, "distributed_scoring")["rows_scored"] == 0
    new_records().drop(columns="height").to_parquet(path, index=False)
    refused(DataError, r"New records: .* found none named \['height'\]")
    new_records().head(0).to_parquet(path, index=False)
    refused(DataError, "New records: expected at least one, found none")
    new_records().rename(columns={"outcome": "result"}).to_parquet(path, index=False)
    refused(DataError, "expected one that learnt target 'result', found target 'outcome'", problem__target="result")
    path.write_bytes(path.read_bytes()[:-100])
    refused((DataError, DatasetError), "expected a whole Parquet file")
    pd.testing.assert_frame_equal(predictions(learnt), before)
    assert not list((learnt / "data/07_model_output/test/distributed_scoring").glob(".*partial*"))


def test_texts_are_written_as_parquet_first(learnt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(learnt)
    new_records().to_csv(tmp_path / "new.csv", index=False)
    run(learnt, pipelines=["scoring"], scoring__data=str(tmp_path / "new.csv"), **QUIET)
    expected = pd.read_parquet(learnt / "data/07_model_output/test/scoring/predictions.parquet")
    run(learnt, pipelines=["distributed_scoring"], scoring__data=str(tmp_path / "new.csv"), **QUIET)
    found = predictions(learnt).sort_values("scan", ignore_index=True)
    assert list(found) == list(expected.drop(columns="row"))
    assert found["actual"].fillna("").tolist() == expected["actual"].fillna("").tolist()
    np.testing.assert_allclose(found["probability_yes"], expected["probability_yes"], atol=1e-6)


def test_what_is_no_table_is_answered_elsewhere(project: Path) -> None:
    BY_NAME["image_classification"].write(project)
    new = {"scoring__data": "data/01_raw/test/raw.npz"}
    with pytest.raises(DataError, match=r"found 'image'; use `--pipelines=scoring`"):
        run(project, pipelines=["distributed_scoring"], **new, **QUIET)


def test_a_file_that_is_not_there_is_named(project: Path) -> None:
    CASE.write(project)
    with pytest.raises(DataError, match=r"absent\.parquet: the raw file is not there; .*--params scoring\.data=PATH"):
        run(project, pipelines=["distributed_scoring"], scoring__data="absent.parquet", **QUIET)


def test_without_a_champion_nothing_is_answered(project: Path, tmp_path: Path) -> None:
    CASE.write(project)
    new_records().to_parquet(tmp_path / "new.parquet", index=False)
    with pytest.raises(DatasetError, match="expected a registered model with the alias champion, found none"):
        run(project, pipelines=["distributed_scoring"], scoring__data=str(tmp_path / "new.parquet"), **QUIET)
