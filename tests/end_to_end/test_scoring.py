"""The champion answers new files in real sessions."""

from __future__ import annotations

from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from conftest import copy_project, run
from fabricate import BY_NAME, CASES, Fabricated
from kedro.io import DatasetError

from sakon.errors import DataError
from sakon.problem import ScoringResult

TRAIN = ["ingestion", "preprocessing", "baseline", "evaluation"]
OUTPUT_FILES = {
    "02_intermediate/test/scoring/records.parquet",
    "07_model_output/test/scoring/prediction_summary.json",
    "07_model_output/test/scoring/predictions.csv",
    "07_model_output/test/scoring/predictions.parquet",
    "08_reporting/test/scoring/distributions.json",
    "08_reporting/test/scoring/drift.csv",
    "08_reporting/test/scoring/drift.json",
    "08_reporting/test/scoring/scores.json",
}
ROWS = 60
OF_RECORDS = [case for case in CASES if case.task != "forecast"]

TrainedCase = tuple[Fabricated, Path]


@pytest.fixture(scope="module", params=OF_RECORDS, ids=lambda case: case.name)
def trained_case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TrainedCase:
    """A fabricated problem whose baseline is the champion."""
    case: Fabricated = request.param
    project = copy_project(tmp_path_factory.mktemp(case.name) / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.chdir(project)
        case.write(project)
        run(project, pipelines=TRAIN)
    return case, project


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def new_file(case: Fabricated, folder: Path, labelled: int, leave_out: str = "") -> str:
    """Write the first rows of the raw data as new ones, of which so many have their target."""
    target = case.parameters["target"]
    if isinstance(case.raw, dict):
        labels = case.raw[target][:ROWS].astype(float)
        labels[labelled:] = np.nan
        arrays = {"images": case.raw["images"][:ROWS], "scan": np.arange(100, 100 + ROWS)}
        arrays |= {target: labels} if labelled else {}
        arrays.pop(leave_out, None)
        path = folder / "new.npz"
        np.savez(path, **arrays)
    else:
        table = case.raw.head(ROWS).assign(scan=np.arange(100, 100 + ROWS))
        table[target] = table[target].where(table.index < labelled)
        path = folder / "new.csv"
        table.drop(columns=[each for each in (leave_out, "" if labelled else target) if each]).to_csv(path, index=False)
    return str(path)


def files(project: Path) -> dict[str, bytes]:
    paths = (project / "data").glob("0[2-8]_*/test/scoring/*")
    return {path.relative_to(project / "data").as_posix(): path.read_bytes() for path in paths}


def scores(project: Path) -> ScoringResult:
    return ScoringResult.model_validate_json((project / "data/08_reporting/test/scoring/scores.json").read_bytes())


@pytest.mark.parametrize("labelled", [0, 20, ROWS])
def test_new_file_with_no_some_or_all_targets_is_scored(
    trained_case: TrainedCase, tmp_path: Path, labelled: int, capsys: pytest.CaptureFixture[str]
) -> None:
    case, project = trained_case
    path = new_file(case, tmp_path, labelled)
    run(project, pipelines=["scoring"], scoring__data=path)
    assert set(files(project)) == OUTPUT_FILES
    predictions = pd.read_parquet(project / "data/07_model_output/test/scoring/predictions.parquet")
    check_predictions(predictions, case, project, labelled)
    result = scores(project)
    metric = "accuracy" if case.task == "classification" else "rmse"
    assert result.rows_scored == labelled
    assert (metric in result.new) == (labelled > 0)
    assert result.rows_in_train
    drift = pd.read_csv(project / "data/08_reporting/test/scoring/drift.csv")
    assert set(drift["drift"]) == {"none"}
    check_mlflow_run(project, metric, labelled)
    check_console(" ".join(capsys.readouterr().out.split()), metric, labelled)
    if labelled == 0:
        check_registered_champion(predictions, case, project, path)


def check_predictions(predictions: pd.DataFrame, case: Fabricated, project: Path, labelled: int) -> None:
    assert predictions["row"].tolist() == list(range(ROWS))
    assert predictions["scan"].tolist() == list(range(100, 100 + ROWS))
    assert predictions["actual"].notna().tolist() == [row < labelled for row in range(ROWS)]
    written = pd.read_csv(project / "data/07_model_output/test/scoring/predictions.csv")
    assert written["prediction"].tolist() == pytest.approx(predictions["prediction"].tolist())
    if case.task == "classification":
        probabilities = predictions.filter(regex="^probability_").to_numpy()
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    else:
        assert (predictions["low"] < predictions["prediction"]).all()
        assert (predictions["prediction"] < predictions["high"]).all()


def check_mlflow_run(project: Path, metric: str, labelled: int) -> None:
    """The scoring has an MLflow run of its own, and changes no alias."""
    client = mlflow.MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("test")
    assert experiment is not None
    newest = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time DESC"])[0]
    assert (newest.info.run_name, newest.info.status) == ("scoring", "FINISHED")
    assert (f"new_{metric}" in newest.data.metrics) == (labelled > 0)
    if labelled:
        assert newest.data.metrics[f"new_{metric}"] == pytest.approx(scores(project).new[metric].value)
    assert newest.data.tags["sakon.champion_version"] == "1"
    assert newest.data.params["data"].endswith(("new.csv", "new.npz"))
    recorded = {file.path for file in client.list_artifacts(newest.info.run_id)}
    assert recorded == {"drift.csv", "figures"}
    aliases = client.get_registered_model("test").aliases
    assert set(aliases) == {"baseline", "champion"}


def check_console(output: str, metric: str, labelled: int) -> None:
    assert f"Predicted: {ROWS} new records by champion v1 (baseline)" in output
    assert (f"Score: {metric}" in output) == (labelled > 0)
    assert "Drift: none in" in output
    assert "equal train records" in output
    assert "data/07_model_output/test/scoring/predictions.csv" in output


def check_registered_champion(predictions: pd.DataFrame, case: Fabricated, project: Path, path: str) -> None:
    """The registered model predicts the same from raw records."""
    store = f"sqlite:///{project / 'mlflow.db'}"
    mlflow.set_tracking_uri(store)
    mlflow.set_registry_uri(store)
    request = np.load(path)["images"] if case.kind == "image" else pd.read_csv(path).drop(columns="scan")
    expected = mlflow.pyfunc.load_model("models:/test@champion").predict(request)
    assert predictions["prediction"].tolist() == pytest.approx(expected["prediction"].tolist())


def test_invalid_new_file_is_an_error_and_changes_no_output(trained_case: TrainedCase, tmp_path: Path) -> None:
    case, project = trained_case
    run(project, pipelines=["scoring"], scoring__data=new_file(case, tmp_path, 0))
    before = files(project)
    needed = {"image": "images", "tabular": "height", "text": "message"}[case.kind]
    with pytest.raises(DataError, match=needed):
        run(project, pipelines=["scoring"], scoring__data=new_file(case, tmp_path, 0, leave_out=needed))
    with pytest.raises(DataError, match=r"absent\.csv: the raw file is not there; .*--params scoring\.data=PATH"):
        run(project, pipelines=["scoring"], scoring__data=str(tmp_path / "absent.csv"))
    assert files(project) == before


def test_no_champion_yet(project: Path, tmp_path: Path) -> None:
    case = BY_NAME["tabular_classification"]
    case.write(project)
    path = new_file(case, tmp_path, 0)
    with pytest.raises(DataError, match=r"`input_spec`, `schema`.*found none; .*`kedro run --env=test`") as caught:
        run(project, pipelines=["scoring"], scoring__data=path)
    assert len(caught.value.messages) == 1
    run(project, pipelines=["ingestion", "preprocessing"])
    with pytest.raises(DatasetError, match=r"Champion of 'test': .*found none; .*`kedro run --env=test`"):
        run(project, pipelines=["scoring"], scoring__data=path)
    assert files(project) == {}


def test_champion_of_other_columns_or_with_changed_files_is_refused(project: Path, tmp_path: Path) -> None:
    case = BY_NAME["tabular_classification"]
    case.write(project)
    run(project, pipelines=TRAIN)
    path = new_file(case, tmp_path, 0)
    run(project, pipelines=["ingestion", "preprocessing"], problem__options__ignore=["height"])
    with pytest.raises(DataError, match=r"Champion v1 \(baseline\): .*found .*columns \['height'\]"):
        run(project, pipelines=["scoring"], scoring__data=path)
    (schema,) = project.glob("mlruns/**/artifacts/schema.json")
    schema.write_text(schema.read_text() + " ")
    with pytest.raises(DatasetError, match=r"Champion v1 of 'test'.*found artifacts/schema\.json changed"):
        run(project, pipelines=["scoring"], scoring__data=path)
    assert files(project) == {}


def test_history_of_a_series_gives_a_forecast(project: Path, tmp_path: Path) -> None:
    case = BY_NAME["series_forecast"]
    case.write(project)
    run(project, pipelines=TRAIN)
    options, split = case.problem.options, case.problem.split
    history = case.raw.drop_duplicates().sort_values([options["series"], split.time])
    last = pd.to_datetime(history[split.time]).max()
    ahead = history.groupby(options["series"]).tail(options["horizon"]).assign(**{case.problem.target: np.nan})
    days = pd.to_datetime(ahead[split.time]) + pd.Timedelta(days=options["horizon"])
    ahead[split.time] = days.dt.strftime("%Y-%m-%d")
    path = tmp_path / "new.csv"
    pd.concat([history, ahead]).to_csv(path, index=False)
    run(project, pipelines=["scoring"], scoring__data=str(path))
    predictions = pd.read_parquet(project / "data/07_model_output/test/scoring/predictions.parquet")
    assert len(predictions) == 2 * options["horizon"]
    assert predictions[split.time].min() == last + pd.Timedelta(days=1)
    assert (predictions["low"] < predictions["prediction"]).all()
    assert scores(project).rows_scored == 0
    assert files(project).keys() == OUTPUT_FILES
