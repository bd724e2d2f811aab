"""Projects to run, and the real data where they lie beside the repository."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if "PYTEST_XDIST_WORKER" in os.environ:  # tests run abreast, and threads of OpenMP spin while they wait for each other
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import mlflow
import pytest
from hypothesis import settings
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from stores import shared_tables

from sakon.errors import ClusterError
from sakon.runner import FamilyRunner
from sakon.spark.session import check_java

# A deadline per example measures the load of the machine, not the code: under a parallel run any test would miss it.
settings.register_profile("sakon", deadline=None)
settings.load_profile("sakon")

ROOT = Path(__file__).parent.parent
REAL_DATA = ROOT.parent / "shared" / "data"

Run = Callable[..., None]


@pytest.fixture
def real_data() -> Path:
    """The folder of the real raw files."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"the real raw files are not at {REAL_DATA.relative_to(ROOT.parent)}: this check did not run")
    return REAL_DATA


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose every connection fails as one without a network does."""

    def refuse(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def skip_without_java() -> None:
    """Skip, loudly, what tries Spark where there is no Java."""
    try:
        check_java()
    except ClusterError as error:
        pytest.skip(f"THIS CHECK OF SPARK DID NOT RUN: {error}")


def copy_project(folder: Path) -> Path:
    """Copy configuration and layout into an empty folder; the code is the installed one."""
    shutil.copytree(ROOT / "conf", folder / "conf")
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copy(ROOT / ".telemetry", folder)
    (folder / "src").mkdir()
    (folder / "data").mkdir()
    return folder


@pytest.fixture(scope="session", autouse=True)
def _stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """MLflow stores that are created quickly."""
    with shared_tables(tmp_path_factory.mktemp("store") / "tables.db"):
        yield


@pytest.fixture(scope="session")
def java() -> None:
    """Java, without which Spark cannot be tried."""
    skip_without_java()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project of its own, with an MLflow store of its own."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    folder = copy_project(tmp_path / "project")
    monkeypatch.chdir(folder)
    yield folder
    mlflow.end_run()


def run(project: Path, env: str | None = "test", pipelines: list[str] | None = None, **parameters: Any) -> None:
    """Run pipelines of a project in a real Kedro session; keys of parameters use `__` for a dot."""
    bootstrap_project(project)
    nested: dict[str, Any] = {}
    for key, value in parameters.items():
        *path, last = key.split("__")
        block = nested
        for step in path:
            block = block.setdefault(step, {})
        block[last] = value
    with KedroSession.create(project, env=env, runtime_params=nested) as session:
        session.run(pipeline_names=pipelines, runner=FamilyRunner())
