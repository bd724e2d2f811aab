"""Time and driver memory of the three pipelines on a Spark cluster, for generated tables of two sizes.

    make bench-spark
    python tests/benchmarks/spark_rows.py [--rows 1000000 5000000]

A master and two workers with one core each run on this machine. The driver is `kedro run`: a Python process, and the
Java process that it starts; the resident memory of both is measured. Rows are generated and written file by file.

On two cores, 1,000,000 -> 5,000,000 rows, maximum MiB of Python / Java: preprocessing 515 / 651 -> 512 /
552, training 1,303 / 415 -> 1,361 / 381, scoring 912 / 498 -> 912 / 474; seconds 78, 51, 61 -> 148, 127, 72.
"""

# ruff: noqa: T201
from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import mlflow
import numpy as np
import pandas as pd
import psutil
import yaml
from conftest import ROOT, copy_project

from sakon.spark.standalone import standalone_cluster

NUMBERS, LEVELS, ROWS_PER_FILE = 15, (2, 5, 20, 100, 1000), 250_000
MEMORY = "1g"


def random_table(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(rows, NUMBERS))
    table = pd.DataFrame(numbers, columns=[f"number_{i}" for i in range(NUMBERS)])
    for i, levels in enumerate(LEVELS):
        table[f"category_{i}"] = np.char.add("level ", rng.integers(levels, size=rows).astype(str))
    score = numbers[:, :3].sum(axis=1) + numbers[:, 3] * numbers[:, 4] + (table["category_0"] == "level 1")
    table["outcome"] = np.where(score + rng.normal(size=rows) > 0.5, "yes", "no")
    return table


def make_project(folder: Path, rows: int) -> Path:
    """Copy the project, and add the problem `rows` with its table."""
    project = copy_project(folder)
    (project / "conf/rows").mkdir()
    for name, content in {
        "parameters.yml": {"problem": {"kind": "tabular", "target": "outcome"}, "mlp": {"epochs": 3}},
        "catalog.yml": {},
        "spark.yml": {"spark.driver.memory": MEMORY, "spark.executor.memory": MEMORY},
    }.items():
        (project / "conf/rows" / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    table = project / "data/01_raw/rows/table"
    table.mkdir(parents=True)
    for number, start in enumerate(range(0, rows, ROWS_PER_FILE)):
        random_table(min(ROWS_PER_FILE, rows - start), number).to_parquet(table / f"{number:03d}.parquet", index=False)
    return project


def measure(project: Path, pipeline: str, parameters: str, address: str) -> tuple[float, float, float]:
    """Run a pipeline, and return seconds, and the maximum resident MiB of the driver's Python and Java processes."""
    command = [sys.executable, "-m", "kedro", "run", "--env=rows", f"--pipelines={pipeline}", f"--params={parameters}"]
    environment = {**os.environ, "SPARK_MASTER": address, "PYTHONPATH": str(ROOT / "src")}
    environment.pop("MLFLOW_TRACKING_URI", None)
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=project, env=environment, stdout=subprocess.DEVNULL)
    maximum = {"python": 0.0, "java": 0.0}
    thread = threading.Thread(target=_measure_memory, args=(process, maximum))
    thread.start()
    if process.wait():
        sys.exit(f"{' '.join(command)}: ended with {process.returncode}")
    thread.join()
    return time.perf_counter() - started, maximum["python"], maximum["java"]


def _measure_memory(process: subprocess.Popen[bytes], maximum: dict[str, float]) -> None:
    driver = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            java = [child for child in driver.children() if child.name().startswith("java")]
            for name, processes in (("python", [driver]), ("java", java)):
                used = sum(each.memory_info().rss for each in processes) / 2**20
                maximum[name] = max(maximum[name], used)
        except psutil.NoSuchProcess:
            pass
        time.sleep(0.2)


def run_pipelines(rows: int, folder: Path) -> dict[str, tuple[float, float, float]]:
    """Run the three pipelines, and return what `measure` returns for each."""
    project = make_project(folder, rows)
    table = "data/01_raw/rows/table"
    results = {}
    for pipeline, parameters in (
        ("distributed_preprocessing", f"distributed.data={table}"),
        ("distributed_training", "distributed.family=mlp"),
        ("distributed_scoring", f"scoring.data={table}"),
    ):
        if pipeline == "distributed_scoring":
            set_champion(project)
        with standalone_cluster(memory="2g") as address:
            results[pipeline] = measure(project, pipeline, parameters, address)
    return results


def set_champion(project: Path) -> None:
    """Make the trained model the champion, without a comparison by `evaluation`."""
    client = mlflow.MlflowClient(f"sqlite:///{project / 'mlflow.db'}", f"sqlite:///{project / 'mlflow.db'}")
    client.set_registered_model_alias(
        "rows", "champion", client.get_model_version_by_alias("rows", "mlp_spark").version
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 5_000_000])
    print(f"{'rows':>10}  {'pipeline':<28}{'seconds':>9}{'rows/s':>10}{'Python MiB':>12}{'Java MiB':>10}")
    for rows in parser.parse_args().rows:
        with tempfile.TemporaryDirectory() as name:
            for pipeline, (seconds, python, java) in run_pipelines(rows, Path(name) / "project").items():
                print(
                    f"{rows:>10,}  {pipeline:<28}{seconds:>9.1f}{rows / seconds:>10,.0f}{python:>12,.0f}{java:>10,.0f}"
                )
                sys.stdout.flush()


if __name__ == "__main__":
    main()
