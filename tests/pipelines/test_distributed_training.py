"""Families that Spark trains are on the leaderboard and in MLflow, in a real session."""

from __future__ import annotations

from pathlib import Path

import mlflow
import pandas as pd
import pytest
from conftest import copy_project, run
from fabricate import BY_NAME

from sakon.errors import DataError, ParameterError

CASE = BY_NAME["tabular_classification"]
QUIET = {"mlflow__system_metrics": False}


@pytest.fixture(scope="module")
def trained(java: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with mlp and som trained on Spark, and mlp on this machine too."""
    project = copy_project(tmp_path_factory.mktemp("trained") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.chdir(project)
        CASE.write(project)
        run(project, pipelines=["ingestion", "preprocessing", "baseline", "mlp"], **QUIET)
        run(project, pipelines=["distributed_training"], distributed__family="som", **QUIET)
        pipelines = ["distributed_training", "evaluation"]
        run(project, pipelines=pipelines, distributed__family="mlp", distributed__partitions=2, **QUIET)
    mlflow.end_run()
    return project


def client(project: Path) -> mlflow.MlflowClient:
    uri = f"sqlite:///{project / 'mlflow.db'}"
    return mlflow.MlflowClient(uri, uri)


def test_leaderboard_has_all_families_that_spark_trained(trained: Path) -> None:
    table = pd.read_csv(trained / "data/08_reporting/test/leaderboard.csv").set_index("family")
    assert {"mlp", "mlp (spark)", "som (spark)", "baseline"} <= set(table.index[table["status"] == "trained"])
    assert table.loc["cnn", "status"] == "not trained"
    assert "cnn (spark)" not in table.index
    assert table.loc[["mlp (spark)", "som (spark)"], ["value", "low", "verdict", "parameters"]].notna().all(axis=None)
    assert table.loc["mlp (spark)", "mlflow_run_id"] != table.loc["mlp", "mlflow_run_id"]


def test_mlflow_run_has_curves_of_workers_and_model(trained: Path) -> None:
    store = client(trained)
    experiment = store.get_experiment_by_name("test")
    assert experiment is not None
    runs = {str(run.info.run_name): run for run in store.search_runs([experiment.experiment_id])}
    assert {"mlp (spark)", "som (spark)"} <= set(runs)
    spark_run = runs["mlp (spark)"]
    assert spark_run.info.status == "FINISHED"
    assert (spark_run.data.params["distributed.partitions"], spark_run.data.params["units"]) == ("2", "[32]")
    assert {"partition_0_rows", "partition_1_seconds", "partition_1_loss", "val_loss", "workers"} <= set(
        spark_run.data.metrics
    )
    assert len(store.get_metric_history(spark_run.info.run_id, "val_loss")) == 5
    assert "test_accuracy" in spark_run.data.metrics
    assert {entry.dataset.name for entry in spark_run.inputs.dataset_inputs} >= {"test.train_partitions"}
    version = store.get_model_version_by_alias("test", "mlp_spark")
    assert (version.run_id, version.tags["sakon.family"]) == (spark_run.info.run_id, "mlp (spark)")


def test_table_of_workers_has_all_rows(trained: Path) -> None:
    workers = pd.read_csv(trained / "data/08_reporting/test/mlp_spark/workers.csv")
    assert workers.groupby("epoch")["partition"].nunique().eq(2).all()
    train = pd.read_parquet(trained / "data/05_model_input/test/train.parquet", columns=["row"])
    assert workers.query("epoch == 1")["rows"].sum() == len(train)


def test_baseline_is_an_error(project: Path) -> None:
    CASE.write(project)
    with pytest.raises(ParameterError, match=r"distributed\.family: .*baseline"):
        run(project, pipelines=["distributed_training"], distributed__family="baseline", **QUIET)


def test_missing_files_are_an_error(project: Path) -> None:
    CASE.write(project)
    with pytest.raises(DataError, match=r"train_partitions.*kedro run --env=test --pipelines=preprocessing"):
        run(project, pipelines=["distributed_training"], **QUIET)
