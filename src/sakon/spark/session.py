"""The Spark session: Java, the interpreter of the workers, and the project's own code on them."""

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
from sakon.errors import ClusterError
from sakon.stderr import suppressed_stderr

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MASTER = "SPARK_MASTER"
OLDEST_JAVA = 17
WAYS_TO_JAVA = (
    "install it (Debian: `apt install openjdk-17-jre-headless`; conda: `conda install openjdk=17`; Windows: `winget "
    "install Microsoft.OpenJDK.17`), or let JAVA_HOME name its folder"
)


def session(settings: Mapping[str, object]) -> SparkSession:
    """Return the session of this process; it is made on first use.

    Args:
        settings: Spark's own, by their names; the variable `SPARK_MASTER` overrides `spark.master`.

    Raises:
        ClusterError: If Java 17, PySpark or the cluster is missing.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise ClusterError(
            "Spark: expected the package pyspark, found none; install the extra `spark` (`make run-spark` does, or "
            "`pip install -e '.[spark]'`)."
        ) from None
    check_java()
    master = os.environ.get(MASTER) or str(settings["spark.master"])
    for name in ("PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON"):
        os.environ.setdefault(name, sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1") if master.startswith("local") else None
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    running = SparkSession.getActiveSession()
    builder = SparkSession.builder.appName("sakon").master(master)
    for name, value in settings.items():
        if name != "spark.master":
            builder = builder.config(name, str(value))
    try:
        with suppressed_stderr():
            found = builder.getOrCreate()
    except Exception as error:  # whatever py4j or the gateway says
        raise ClusterError(
            f"Spark at {master}: expected a session, found none ({_first_line(error)}); see that the cluster runs, or "
            f"leave {MASTER} unset for this machine alone."
        ) from error
    found.sparkContext.setLogLevel("OFF")
    if running is None and not master.startswith("local"):
        found.sparkContext.addPyFile(str(packed(Path(_scratch()))))
    return found


def check_java() -> None:
    """Refuse to go on without a Java that Spark can use.

    Raises:
        ClusterError: If there is none, or one that is too old.
    """
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else "java"
    found = shutil.which(java)
    if found is None:
        raise ClusterError(f"Spark: expected Java {OLDEST_JAVA} or newer, found none ({java}); {WAYS_TO_JAVA}.")
    said = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < OLDEST_JAVA:
        what = f"version {version[1]}" if version else f"something else ({said.strip()[:80]!r})"
        raise ClusterError(f"Spark: expected Java {OLDEST_JAVA} or newer, found {what} at {found}; {WAYS_TO_JAVA}.")


def packed(folder: Path) -> Path:
    """Pack the project's package as the archive that a cluster's workers import, and return its path."""
    root = Path(sakon.__file__).parent
    copy = folder / "source" / root.name
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return Path(shutil.make_archive(str(folder / "sakon"), "zip", copy.parent))


def _scratch() -> str:
    folder = tempfile.mkdtemp(prefix="sakon-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _first_line(error: Exception) -> str:
    return (str(error).strip() or repr(error)).splitlines()[0]
