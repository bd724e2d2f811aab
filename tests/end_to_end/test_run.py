"""The whole way of the data in real sessions, with a real MLflow store."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from conftest import TrainedProject, run
from coverage_pauses import without_coverage
from fabricate import BY_NAME, CASES, Fabricated
from sessions import UNREPEATABLE_COLUMNS, read_leaderboard

from sakon import families
from sakon.metrics import default_metric
from sakon.pipelines.evaluation.nodes import LEADERBOARD
from sakon.records.splitting import ROW
from sakon.records.windows import ORIGIN


def client(project: Path) -> mlflow.MlflowClient:
    uri = f"sqlite:///{project / 'mlflow.db'}"
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    return mlflow.MlflowClient(uri, uri)


def runs(project: Path) -> dict[str, Any]:
    store = client(project)
    experiment = store.get_experiment_by_name("test")
    assert experiment is not None
    found = store.search_runs([experiment.experiment_id])
    assert len({each.info.run_name for each in found}) == len(found)
    return {str(each.info.run_name): each for each in found}


def test_leaderboard_has_every_family(trained_project: TrainedProject) -> None:
    table = read_leaderboard(trained_project.project)
    assert [table.index.name, *table.columns] == LEADERBOARD
    assert set(table.index) == set(families.names())
    assert set(table["status"]) == {"trained"}
    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()
    better_first = table["value"].is_monotonic_decreasing
    assert better_first if trained_project.case.task == "classification" else table["value"].is_monotonic_increasing
    assert table.loc["baseline", "verdict"] == "baseline"


def test_one_finished_run_per_family_and_one_for_the_evaluation(trained_project: TrainedProject) -> None:
    found = runs(trained_project.project)
    assert set(found) == {*families.names(), "evaluation"}
    assert {each.info.status for each in found.values()} == {"FINISHED"}
    metric = default_metric(trained_project.case.task)
    table = read_leaderboard(trained_project.project)
    for family in families.names():
        each = found[family]
        assert each.data.metrics[f"test_{metric}"] == pytest.approx(table.loc[family, "value"])
        assert each.data.params["problem.kind"] == trained_project.case.kind
        assert {"sakon.command", "sakon.problem", "sakon.family"} <= set(each.data.tags)
        assert {entry.dataset.name for entry in each.inputs.dataset_inputs} == {"test.train", "test.validation"}
        assert each.info.run_id == table.loc[family, "mlflow_run_id"]
        files = [file.path for file in client(trained_project.project).list_artifacts(each.info.run_id, "figures")]
        assert len(files) > 0


def test_curves_are_recorded_epoch_by_epoch(trained_project: TrainedProject) -> None:
    store, found = client(trained_project.project), runs(trained_project.project)
    for family in families.names():
        history = pd.read_csv(trained_project.project / f"data/08_reporting/test/{family}/history.csv")
        if "epoch" in history:
            curve = store.get_metric_history(found[family].info.run_id, "val_loss")
            assert [point.step for point in curve] == list(history["epoch"])
            np.testing.assert_allclose([point.value for point in curve], history["val_loss"])
            best = found[family].data.metrics["best_val_loss"]
            assert best == pytest.approx(history["val_loss"].min())


def test_every_family_is_a_version_with_an_alias(trained_project: TrainedProject) -> None:
    store = client(trained_project.project)
    aliases = store.get_registered_model("test").aliases
    assert set(aliases) == {*families.names(), "champion"}
    table = read_leaderboard(trained_project.project)
    for family in families.names():
        version = store.get_model_version_by_alias("test", family)
        assert version.tags["sakon.family"] == family
        assert int(version.version) == int(table.loc[family, "model_version"])
        logged = store.get_logged_model(version.tags["sakon.model_id"])
        assert any(metric.key.startswith("test_") for metric in logged.metrics)


def test_champion_was_chosen_on_validation(trained_project: TrainedProject) -> None:
    decision = json.loads((trained_project.project / "data/08_reporting/test/decision.json").read_text())
    table = read_leaderboard(trained_project.project)["validation_value"]
    best = table.idxmax() if trained_project.case.task == "classification" else table.idxmin()
    assert decision["family"] == best
    assert decision["promoted"]
    assert client(trained_project.project).get_model_version_by_alias("test", "champion").tags["sakon.family"] == best


def request_for(case: Fabricated, project: Path, predictions: pd.DataFrame) -> tuple[Any, pd.DataFrame]:
    """Return raw records that have no target, and the predictions that they should lead to."""
    rows = predictions["row"].to_numpy()
    if case.kind == "image":
        return case.raw["images"][rows], predictions
    if case.kind != "series":
        raw = pd.read_csv(project / "data/01_raw/test/raw.csv")
        return raw.iloc[rows].drop(columns=case.problem.target), predictions
    records = pd.read_parquet(project / "data/03_primary/test/test_records.parquet")
    options = case.problem.options
    origin = int(np.flatnonzero(records[ORIGIN])[0])
    window = records.iloc[origin - options["lookback"] + 1 : origin + options["horizon"] + 1].copy()
    window.iloc[options["lookback"] :, window.columns.get_loc(case.problem.target)] = np.nan
    return window, predictions[predictions["row"] == records[ROW].iloc[origin]]


@pytest.mark.parametrize("family", families.names())
def test_registered_model_predicts_raw_records(trained_project: TrainedProject, family: str) -> None:
    case, project = trained_project.case, trained_project.project
    client(project)
    model = mlflow.pyfunc.load_model(f"models:/test@{family}")
    spec = json.loads((project / "data/04_feature/test/input_spec.json").read_text())
    predictions = pd.read_parquet(project / f"data/07_model_output/test/{family}_predictions.parquet")
    request, predictions = request_for(case, project, predictions)
    answers = model.predict(request)
    if case.task == "classification":
        expected = predictions.filter(regex="^probability_").to_numpy()
        np.testing.assert_allclose(answers.filter(regex="^probability_").to_numpy(), expected, atol=1e-5)
        assert set(answers["prediction"]) <= set(spec["classes"])
    else:
        np.testing.assert_allclose(answers["prediction"], predictions["output"], rtol=1e-4)


def test_report_and_figures_are_complete(trained_project: TrainedProject) -> None:
    folder = trained_project.project / "data/08_reporting/test"
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert report.endswith("</html>")
    assert all(family in report for family in families.names())
    assert not list(folder.rglob("*.partial.*"))
    for path in folder.rglob("*.json"):
        json.loads(path.read_text())


def test_second_evaluation_gives_the_same_leaderboard_and_the_champion_stays(
    trained_project: TrainedProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    shutil.copytree(trained_project.project, project)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(project)
    run(project, pipelines=["evaluation"])
    first, second = (
        read_leaderboard(each).drop(columns=UNREPEATABLE_COLUMNS) for each in (trained_project.project, project)
    )
    pd.testing.assert_frame_equal(first, second)
    decision = json.loads((project / "data/08_reporting/test/decision.json").read_text())
    assert not decision["promoted"], decision["reason"]
    assert "is already the champion" in decision["reason"]


def test_one_family_alone_then_the_evaluation(project: Path) -> None:
    CASES[0].write(project)
    family = families.names()[0]
    run(project, pipelines=["ingestion", "preprocessing", family])
    run(project, pipelines=["evaluation"])
    status = read_leaderboard(project)["status"]
    assert status[family] == "trained"
    assert set(status.drop(family)) == {"not trained"}
    assert "test_accuracy" in runs(project)[family].data.metrics


def test_a_family_trained_on_another_split_is_not_compared(project: Path) -> None:
    CASES[0].write(project)
    run(project, pipelines=["ingestion", "preprocessing", "baseline"])
    run(project, pipelines=["ingestion", "preprocessing"], problem__seed=7)
    run(project, pipelines=["evaluation"])
    row = read_leaderboard(project).loc["baseline"]
    assert row["status"] == "not trained"
    assert "another split" in row["note"]


@pytest.mark.parametrize(("problem", "file"), [("credit", "german_credit.csv"), ("housing", "housing.csv")])
def test_real_problems_reach_their_baseline(project: Path, real_data: Path, problem: str, file: str) -> None:
    folder = project / "data/01_raw" / problem
    folder.mkdir(parents=True)
    (folder / file).write_bytes((real_data / file).read_bytes())
    run(project, env=problem, pipelines=["ingestion", "preprocessing", "baseline", "evaluation"])
    row = read_leaderboard(project, problem).loc["baseline"]
    assert row["value"] >= 0.75 if problem == "credit" else row["value"] <= 50_000
    slices = pd.read_csv(project / f"data/08_reporting/{problem}/slices.csv")
    assert slices["rows"].min() >= 20


SMALL = {
    "twenty classes, nineteen of them with three rows": ["common"] * 57 + [f"class {i}" for i in range(19)] * 3,
    "fifteen rows": ["a", "b", "c"] * 5,
}


@pytest.mark.parametrize("name", SMALL)
def test_small_tables_with_rare_classes_run(project: Path, name: str) -> None:
    rng = np.random.default_rng(0)
    raw = pd.DataFrame({"x": rng.normal(size=len(SMALL[name])), "y": SMALL[name]})
    Fabricated("tabular", "classification", raw, {"kind": "tabular", "target": "y"}).write(project)
    with without_coverage():
        run(project)
    assert set(read_leaderboard(project)["status"]) == {"trained"}


def test_the_positive_class_decides_for_every_family_alike(project: Path) -> None:
    case = BY_NAME["tabular_classification"]
    Fabricated(case.kind, case.task, case.raw, case.parameters | {"metric": "f1", "positive": "no"}).write(project)
    run(project, pipelines=["ingestion", "preprocessing", "baseline", "evaluation"])
    candidates = pd.read_csv(project / "data/08_reporting/test/baseline/history.csv")
    row = read_leaderboard(project).loc["baseline"]
    assert row["validation_value"] == pytest.approx(candidates["f1"].max())
