"""Rows per second of predictions on Spark, of MLflow's `spark_udf` with the same model, and of one process.

    SPARK_MASTER=local[2] python tests/benchmarks/spark_scoring.py [ROWS]

An mlp is trained on a table of numbers, registered, and predicts a folder of Parquet files. The contestants alternate
several times, and the minimum time is printed. `spark_udf` predicts a quarter of the rows, to save time. Spark stops
workers that are idle for a minute, so every contestant runs twice in a row, and the second time is measured.

On two cores, 5,000,000 rows: 651,000 rows per second, 13.7 times as many as `spark_udf`; per core 0.86 times those of
one process from Parquet to Parquet, and 0.73 times those of one process in memory. Start and end of a job take 0.6 s:
with 2,000,000 rows the first ratio is 0.6 to 0.7.
"""

# ruff: noqa: T201
from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("SPARK_MASTER", "local[2]")
sys.path.insert(0, str(Path(__file__).parents[1]))

import mlflow
import numpy as np
import pandas as pd
import yaml
from conftest import ROOT, copy_project, run
from fabricate import Fabricated

from sakon.pipelines.distributed_scoring.nodes import ChampionInfo, predict, score
from sakon.spark.cluster import Cluster
from sakon.spark.record_files import RecordFilesDataset
from sakon.spark.session import spark_session
from sakon.spark.table_dataset import SparkTableDataset
from sakon.spark.worker_process import limit_threads
from sakon.tracking.registry import Champion, ChampionDataset

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
COLUMNS, FILES, FILES_OF_UDF, BATCH, ROUNDS = 32, 8, 2, 16_384, 3
TRAIN_ROWS, UNITS = 4_000, [256, 128]
SPARK, UDF = "sakon on Spark, Parquet to Parquet", "mlflow.pyfunc.spark_udf, Parquet to Parquet"
METRICS, COPY = "sakon on Spark, metrics alone", "Spark alone: rows to Python and back, Parquet to Parquet"
MEMORY, LOCAL = "ModelBundle.predict, one thread, in memory", "ModelBundle.predict, one thread, Parquet to Parquet"


def table(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(rows, COLUMNS))
    frame = pd.DataFrame(values, columns=[f"x{number}" for number in range(COLUMNS)])
    frame["outcome"] = np.where(values[:, :4].sum(axis=1) + rng.normal(size=rows) > 0, "yes", "no")
    return frame


def train_champion(folder: Path) -> Fabricated:
    """Train and register an mlp as the champion of the project in a folder."""
    case = Fabricated("tabular", "classification", table(TRAIN_ROWS, 0), {"kind": "tabular", "target": "outcome"})
    case.write(folder)
    settings = {"mlp__units": UNITS, "mlp__epochs": 3, "mlflow__system_metrics": False}
    run(folder, pipelines=["ingestion", "preprocessing", "mlp"], **settings)
    client = mlflow.MlflowClient("sqlite:///mlflow.db", "sqlite:///mlflow.db")
    client.set_registered_model_alias("test", "champion", client.get_model_version_by_alias("test", "mlp").version)
    return case


def contestants(
    spark: Any, settings: dict[str, Any], champion: Champion, case: Fabricated
) -> dict[str, Callable[[], Any]]:
    """Return what is timed, by its name."""

    def dataset(name: str) -> SparkTableDataset:
        return SparkTableDataset(filepath=name, settings=settings)

    features, problem = list(champion.bundle.schema.features), case.problem
    cluster, files, memory = Cluster(lambda: spark), sorted(Path("new").glob("*.parquet")), pd.read_parquet("new")

    def predict_on_spark() -> ChampionInfo:
        records = RecordFilesDataset(filepath="new", parquet="as_parquet", settings=settings).load()
        predictions, info = predict(records, champion, cluster, problem, problem.kind)
        dataset("predictions").save(predictions)
        return info

    champion_info = predict_on_spark()

    # Created once, so that workers keep its model: a new function would load the model again.
    result_type = "prediction string, probability_no double, probability_yes double"
    udf = mlflow.pyfunc.spark_udf(spark, "models:/test@champion", result_type=result_type, env_manager="local")

    def predict_with_udf() -> None:
        records = dataset("quarter").load()
        dataset("udf_predictions").save(records.select("id", "outcome", udf(*features).alias("result")))

    def copy_rows() -> None:
        records = dataset("new").load()
        columns = records.select("id", "outcome", *features[:3]).schema
        dataset("copy").save(records.mapInArrow(_select_columns, columns))

    def predict_here(frame: pd.DataFrame) -> pd.DataFrame:
        starts = range(0, len(frame), BATCH)
        return pd.concat([champion.bundle.predict(frame.iloc[start : start + BATCH]) for start in starts])

    def predict_files_here() -> None:
        for path in files:
            predict_here(pd.read_parquet(path)).to_parquet("predictions_here.parquet")

    return {
        SPARK: predict_on_spark,
        UDF: predict_with_udf,
        COPY: copy_rows,
        METRICS: lambda: score(dataset("predictions").load(), champion_info, problem),
        MEMORY: lambda: predict_here(memory),
        LOCAL: predict_files_here,
    }


def _select_columns(batches: Any) -> Any:
    for batch in batches:
        yield batch.select(["id", "outcome", "x0", "x1", "x2"])


def min_seconds(work: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Return the minimum time of each function over `ROUNDS` rounds, in which they alternate."""
    minimum: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, function in work.items():
            function()
            started = time.perf_counter()
            function()
            seconds = time.perf_counter() - started
            minimum[name] = min(seconds, minimum.get(name, seconds))
    return minimum


def check_equal() -> None:
    """Check that the predictions of MLflow's function and of Sakon are equal."""
    sakon, udf = (pd.read_parquet(name).set_index("id") for name in ("predictions", "udf_predictions"))
    probabilities = np.array([row["probability_yes"] for row in udf["result"]])
    np.testing.assert_allclose(sakon.loc[udf.index, "probability_yes"], probabilities, atol=1e-6)


def count_rows(name: str) -> int:
    return ROWS * FILES_OF_UDF // FILES if name == UDF else ROWS


def print_table(seconds: dict[str, float], cores: int) -> None:
    print(f"\n{ROWS:,} rows of {COLUMNS} numbers, mlp {UNITS}, {cores} cores for Spark, minimum of {ROUNDS} rounds")
    print(f"Load of this machine: {os.getloadavg()[0]:.1f}")
    print(f"{'':<58}{'seconds':>9}{'rows/s':>12}{'per core':>12}")
    rate = {name: count_rows(name) / each for name, each in seconds.items()}
    for name, each in seconds.items():
        cores_used = 1 if name in (MEMORY, LOCAL) else cores
        print(f"{name:<58}{each:>9.2f}{rate[name]:>12,.0f}{rate[name] / cores_used:>12,.0f}")
    for title, other, target in (
        ("spark_udf", UDF, 3.0),
        ("one process, Parquet to Parquet, per core", LOCAL, 0.8),
        ("one process in memory, per core", MEMORY, 0.8),
    ):
        divisor = 1 if other == UDF else cores
        print(f"relative to {title}: {rate[SPARK] / rate[other] / divisor:.2f} (target: at least {target})")


if __name__ == "__main__":
    temporary = Path(tempfile.mkdtemp(prefix="sakon-bench-"))
    try:
        os.environ.pop("MLFLOW_TRACKING_URI", None)
        folder = copy_project(temporary / "project")
        os.chdir(folder)
        limit_threads(1)
        fabricated = train_champion(folder)
        mlflow.set_tracking_uri("sqlite:///mlflow.db")
        mlflow.set_registry_uri("sqlite:///mlflow.db")
        new = table(ROWS, 1).assign(id=np.arange(ROWS))
        for name in ("new", "quarter"):
            Path(name).mkdir()
        for number, rows in enumerate(np.array_split(np.arange(ROWS), FILES)):
            new.iloc[rows].to_parquet(f"new/{number}.parquet", index=False)
            if number < FILES_OF_UDF:
                os.link(f"new/{number}.parquet", f"quarter/{number}.parquet")
        spark_settings = yaml.safe_load((ROOT / "conf" / "base" / "spark.yml").read_text())
        session = spark_session(spark_settings)
        champion = ChampionDataset(problem="test", required=True).load()
        assert champion is not None
        work = contestants(session, spark_settings, champion, fabricated)
        seconds = min_seconds(work)
        check_equal()
        print_table(seconds, session.sparkContext.defaultParallelism)
    finally:
        os.chdir(ROOT)
        shutil.rmtree(temporary, ignore_errors=True)
