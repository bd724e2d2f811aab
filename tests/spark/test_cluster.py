"""What a cluster says of workers that cannot do their work."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

from conftest import ROOT

ASK = """
from spark.examples import SETTINGS
from sakon.errors import ClusterError
from sakon.spark.cluster import Cluster
from sakon.spark.session import session
try:
    Cluster(lambda: session(SETTINGS)).spark
except ClusterError as error:
    print(*error.messages, sep="\\n")
"""


def test_an_executor_without_tensorflow_is_named(java: None, tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", symlinks=True)
    workers = {"PYSPARK_PYTHON": str(tmp_path / "bare/bin/python"), "PYSPARK_DRIVER_PYTHON": sys.executable}
    environment = {**os.environ, **workers, "SPARK_MASTER": "local[2]", "PYTHONPATH": str(ROOT / "tests")}
    done = subprocess.run(
        [sys.executable, "-c", ASK], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    said = done.stdout.strip().splitlines()[-1]
    assert said.startswith("Spark worker on ")
    assert "expected the packages of requirements.lock, found none of " in said
    assert "tensorflow; install them for the interpreter that PYSPARK_PYTHON names there." in said
