"""Projects of a folder of their own, with and without a store."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import mlflow
import pytest
from tracking.servers import end, wait_for
from tracking.tiny_project import Project, training_nodes

from sakon.tracking import store
from sakon.tracking.config import MlflowConfig


@pytest.fixture(scope="session")
def fresh_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated store without content: migrating takes seconds, copying does not."""
    folder = tmp_path_factory.mktemp("store")
    store.prepare(f"sqlite:///{folder / 'mlflow.db'}", 5.0)
    return folder / "mlflow.db"


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The project's folder as working directory, without a server in the environment."""
    store.locate(lambda: MlflowConfig().address(tmp_path).uri)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(sys, "path", [*sys.path])  # MLflow adds the code of a model that it loads, and leaves it there
    yield tmp_path
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.set_tracking_uri(None)
    mlflow.set_registry_uri(None)
    os.environ.pop("MLFLOW_TRACKING_URI", None)


@pytest.fixture
def tiny(at_home: Path, fresh_store: Path) -> Project:
    """A project whose store is migrated already."""
    shutil.copy(fresh_store, at_home / "mlflow.db")
    return Project(at_home)


@pytest.fixture
def bare(at_home: Path) -> Project:
    """A project without any store."""
    return Project(at_home)


@pytest.fixture
def trained(tiny: Project) -> Callable[..., Project]:
    """A function that trains and registers one family on one kind of data."""

    def train(kind: str = "tabular", task: str = "classification", family: str = "baseline") -> Project:
        problem = tiny.prepare(kind, task)
        tiny.run(*training_nodes(family), problem=problem, **{family: {"regularization": 1.0}})
        return tiny

    return train


@pytest.fixture
def server(tmp_path: Path, fresh_store: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Address of a real server, and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    database = shutil.copy(fresh_store, tmp_path / "server.db")
    storage = ["--backend-store-uri", f"sqlite:///{database}", "--artifacts-destination", str(tmp_path / "art")]
    address = ["--host", "127.0.0.1", "--port", port, "--workers", "1"]
    command = [sys.executable, "-m", "mlflow", "server", *address, *storage]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/health", process)
        yield f"http://127.0.0.1:{port}", process
    finally:
        end(process)
