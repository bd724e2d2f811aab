"""Errors about workers that lack packages."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

from conftest import ROOT

CHECK_WORKERS = """
from spark.examples import SETTINGS
from sakon.errors import ClusterError
from sakon.spark.cluster import Cluster
from sakon.spark.session import spark_session
try:
    Cluster(lambda: spark_session(SETTINGS)).spark
except ClusterError as error:
    print(*error.messages, sep="\\n")
"""


def test_an_executor_without_tensorflow_is_named(java: None, tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", symlinks=True)
    interpreters = {"PYSPARK_PYTHON": str(tmp_path / "bare/bin/python"), "PYSPARK_DRIVER_PYTHON": sys.executable}
    environment = {**os.environ, **interpreters, "SPARK_MASTER": "local[2]", "PYTHONPATH": str(ROOT / "tests")}
    process = subprocess.run(
        [sys.executable, "-c", CHECK_WORKERS], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    message = process.stdout.strip().splitlines()[-1]
    assert message.startswith("Spark worker on ")
    assert "requirements.lock" in message
    assert "tensorflow; " in message
    assert "PYSPARK_PYTHON" in message
