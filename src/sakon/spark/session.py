"""The Spark session: Java, the Python interpreter of the workers, and the project's code on them."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import sakon
from sakon import BACKEND_VARIABLE
from sakon.errors import ClusterError
from sakon.stderr import suppressed_stderr

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MASTER_VARIABLE = "SPARK_MASTER"
MIN_JAVA_VERSION = 17
JAVA_REMEDY = (
    "install it (Debian: `apt install openjdk-17-jre-headless`; conda: `conda install openjdk=17`; Windows: `winget "
    "install Microsoft.OpenJDK.17`), or set JAVA_HOME to its folder"
)


def spark_session(settings: Mapping[str, object]) -> SparkSession:
    """Return the session of this process; the first call creates it.

    Args:
        settings: Spark's settings by name; the variable `SPARK_MASTER` overrides `spark.master`.

    Raises:
        ClusterError: If Java, PySpark or the cluster is missing.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise ClusterError(
            "Spark: expected the package pyspark, found none; install the extra `spark` (`make run-spark` does, or "
            "`pip install -e '.[spark]'`)."
        ) from None
    check_java()
    master = os.environ.get(MASTER_VARIABLE) or str(settings["spark.master"])
    _set_environment(master)
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    is_new = SparkSession.getActiveSession() is None
    builder = SparkSession.builder.appName("sakon").master(master)
    builder = builder.config(
        f"spark.executorEnv.{BACKEND_VARIABLE}", os.environ[BACKEND_VARIABLE]
    )  # workers use the same backend
    for name, value in settings.items():
        if name != "spark.master":
            builder = builder.config(name, str(value))
    try:
        with suppressed_stderr():
            spark = builder.getOrCreate()
    except Exception as error:  # of py4j or its gateway
        raise ClusterError(
            f"Spark at {master}: expected a session, found none ({_first_line(error)}); check that the cluster runs, "
            f"or unset {MASTER_VARIABLE} to use this machine alone."
        ) from error
    spark.sparkContext.setLogLevel("OFF")
    if is_new and not master.startswith("local"):
        spark.sparkContext.addPyFile(str(archive_package(_temporary_folder())))
    return spark


def check_java() -> None:
    """Check that there is a Java that Spark supports.

    Raises:
        ClusterError: If there is none, or its version is too low.
    """
    home = os.environ.get("JAVA_HOME")
    command = str(Path(home) / "bin" / "java") if home else "java"
    java = shutil.which(command)
    expected = f"Spark: expected Java {MIN_JAVA_VERSION} or newer"
    if java is None:
        raise ClusterError(f"{expected}, found none ({command}); {JAVA_REMEDY}.")
    output = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    version = re.search(r'version "(\d+)', output)
    if version is None or int(version[1]) < MIN_JAVA_VERSION:
        actual = f"version {version[1]}" if version else f"the output {output.strip()[:80]!r}"
        raise ClusterError(f"{expected}, found {actual} at {java}; {JAVA_REMEDY}.")


def archive_package(folder: Path) -> Path:
    """Write the project's package as the archive that a cluster's workers import, and return its path."""
    root = Path(sakon.__file__).parent
    copy = folder / "source" / root.name
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return Path(shutil.make_archive(str(folder / "sakon"), "zip", copy.parent))


def _set_environment(master: str) -> None:
    for name in ("PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON"):
        os.environ.setdefault(name, sys.executable)
    if master.startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")


def _temporary_folder() -> Path:
    folder = tempfile.mkdtemp(prefix="sakon-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or repr(error)).splitlines()[0]
