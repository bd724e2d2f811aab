"""Accuracy of an mlp trained on one machine, and on Spark with 2 and 4 partitions, on the same test rows.

    make bench-spark
    python tests/benchmarks/spark_accuracy.py [--housing PATH]

Digits come with scikit-learn, images of the size of Fashion-MNIST are generated, and housing is the table of
`conf/housing` if its file exists. Workers share batches if they would otherwise take few steps, as on digits.

Results on test for one machine, 2 and 4 partitions, 4 partitions with shared batches: digits (accuracy) 0.986, 0.981,
0.981, 0.981; images (accuracy, 8 epochs) 0.923, 0.928, 0.931, 0.931; housing (R², 60 epochs) 0.796, 0.805, 0.799,
0.787.
"""

# ruff: noqa: T201
from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import yaml
from conftest import REAL_DATA, ROOT, copy_project

from sakon import metrics
from sakon.datasets.examples import ExamplesDataset
from sakon.models.formats import load_model
from sakon.models.predict import predict_outputs

ROWS, CLASSES = 70_000, 10
VARIANTS = {
    "2 partitions": "distributed.partitions=2",
    "4 partitions": "distributed.partitions=4",
    "4 partitions, shared batches": "distributed.partitions=4,distributed.shared_batch=true",
}


def write_images(project: Path) -> None:
    """Write images: the mean image of their class, and noise."""
    rng = np.random.default_rng(0)
    y = rng.integers(CLASSES, size=ROWS)
    centres = rng.normal(size=(CLASSES, 28, 28)) * 0.12
    images = 128 + 32 * (centres[y] + rng.normal(size=(ROWS, 28, 28)))
    folder = project / "data/01_raw/images"
    folder.mkdir(parents=True)
    np.savez(folder / "raw.npz", images=np.clip(images, 0, 255).astype(np.uint8), target=y)
    conf = project / "conf/images"
    conf.mkdir()
    entry = {"raw": {"type": "sakon.datasets.ArraysDataset", "filepath": "data/01_raw/images/raw.npz"}}
    settings: dict[str, Any] = {"problem": {"kind": "image", "target": "target"}, "mlp": {"epochs": 8}}
    (conf / "catalog.yml").write_text(yaml.safe_dump(entry), encoding="utf-8")
    (conf / "parameters.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")


def run(project: Path, problem: str, pipelines: str, parameters: str = "") -> None:
    """Run pipelines of a problem in a separate process."""
    command = [sys.executable, "-m", "kedro", "run", f"--env={problem}", f"--pipelines={pipelines}"]
    command += [f"--params={parameters}"] if parameters else []
    environment = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    environment["PYTHONPATH"] = str(ROOT / "src")
    subprocess.run(command, cwd=project, env=environment, check=True, stdout=subprocess.DEVNULL)


def score(project: Path, problem: str, family: str) -> tuple[str, float]:
    """Return name and value of the metric of a trained model on test."""
    test = ExamplesDataset(filepath=str(project / f"data/05_model_input/{problem}/test.parquet")).load()
    outputs = predict_outputs(load_model(project / f"data/06_models/{problem}/{family}/model.keras"), test.x)
    if test.y.dtype.kind == "i":
        return "accuracy", float((outputs.argmax(axis=1) == test.y).mean())
    return "R²", metrics.compute_scores("regression", test.y, outputs.reshape(-1))["r2"]


def compare(project: Path, problem: str) -> None:
    """Train every variant, and print its metric."""
    run(project, problem, "ingestion,preprocessing,mlp")
    name, value = score(project, problem, "mlp")
    print(f"{problem}: {name} {value:.4f} on one machine")
    for variant, parameters in VARIANTS.items():
        run(project, problem, "distributed_training", f"distributed.family=mlp,{parameters}")
        _, distributed = score(project, problem, "mlp_spark")
        print(f"  {variant:<30} {distributed:.4f} ({100 * (distributed - value):+.1f} points; target: at least -1)")
        sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--housing", type=Path, default=REAL_DATA / "housing.csv")
    housing: Path = parser.parse_args().housing
    with tempfile.TemporaryDirectory() as folder:
        project = copy_project(Path(folder) / "project")
        compare(project, "digits")
        write_images(project)
        compare(project, "images")
        if not housing.is_file():
            sys.exit(f"{housing}: no such file; housing is left out.")
        (project / "data/01_raw/housing").mkdir()
        shutil.copy(housing, project / "data/01_raw/housing/housing.csv")
        compare(project, "housing")


if __name__ == "__main__":
    main()
