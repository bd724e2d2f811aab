"""Projects to run, and the real data where they lie beside the repository."""

from __future__ import annotations

import gc
import os
import socket
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("GOMP_SPINCOUNT", "20000")  # as the project does; libraries are imported below before it
if "PYTEST_XDIST_WORKER" in os.environ:  # tests run in parallel: threads would only wait for each other
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

import mlflow
import pandas as pd
import pytest
from coverage_pauses import without_coverage
from fabricate import CASES, Fabricated
from hypothesis import settings
from sessions import ROOT, SessionRecorder, copy_project, kedro, kedro_process, run
from stores import shared_tables

from sakon.errors import ClusterError
from sakon.problem import Examples, InputSpec, TrainingSummary
from sakon.spark.session import check_java

__all__ = ["REAL_DATA", "ROOT", "copy_project", "kedro", "kedro_process", "run", "skip_without_java"]

# TensorFlow makes so many objects that collections of garbage would take a twentieth of the time.
gc.set_threshold(50_000, 20, 100)
# A deadline per example measures the load of the machine, not the code: under a parallel run any test would miss it.
settings.register_profile("sakon", deadline=None)
settings.load_profile("sakon")

MEASURED_CASES = {case.name for case in CASES[::2]}
"""Cases whose training counts for coverage: every kind and every task; the others run the same lines."""
REAL_DATA = ROOT.parent / "shared" / "data"
CASE_FILES = ROOT.parent / "shared" / "cases"
"""Small files, each the essence of a public bug report, in one folder per case."""


@pytest.fixture
def real_data() -> Path:
    """The folder of the real raw files."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"the real raw files are not at {REAL_DATA.relative_to(ROOT.parent)}: this check did not run")
    return REAL_DATA


@pytest.fixture
def case_files() -> Path:
    """The folder of the files from public bug reports."""
    if not CASE_FILES.is_dir():
        pytest.skip(f"the case files are not at {CASE_FILES.relative_to(ROOT.parent)}: this check did not run")
    return CASE_FILES


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


@dataclass(frozen=True)
class TrainedProject:
    """A project in which a fabricated problem was run, and what its nodes returned, by the name of the dataset."""

    case: Fabricated
    project: Path
    recorded: SessionRecorder

    @property
    def outputs(self) -> dict[str, Any]:
        return self.recorded.outputs

    def stored(self, name: str) -> Any:
        """Load a dataset that the run saved."""
        assert self.recorded.catalog is not None
        return self.recorded.catalog.load(name)


@dataclass(frozen=True)
class Trained:
    """What a family's nodes returned, and the data that they read; the network is the model if there is no head."""

    model: Any
    network: Any
    history: pd.DataFrame
    summary: TrainingSummary
    validation: Examples
    input_spec: InputSpec


def run_all(case: Fabricated, project: Path, pipelines: list[str] | None) -> TrainedProject:
    """Run a problem in a project of its own."""
    recorder = SessionRecorder()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.chdir(project)
        case.write(project)
        run(project, pipelines=pipelines, hooks=[recorder])
    mlflow.end_run()
    return TrainedProject(case, project, recorder)


@pytest.fixture(scope="session", params=CASES, ids=lambda case: case.name)
def trained_project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TrainedProject:
    """A fabricated problem after one plain run: trained once, read by all tests of the case. Nothing may change it.

    If only contracts of some families are selected, only those families are trained.
    """
    case: Fabricated = request.param
    tests = [item for item in request.session.items if "trained_project" in getattr(item, "fixturenames", ())]
    selected = {item.callspec.params["family"] for item in tests if "trained" in item.fixturenames}
    only_contracts = all("trained" in item.fixturenames for item in tests)
    pipelines = ["ingestion", "preprocessing", *sorted(selected)] if only_contracts else None
    project = copy_project(tmp_path_factory.mktemp(case.name) / "project")
    with nullcontext() if case.name in MEASURED_CASES else without_coverage():
        return run_all(case, project, pipelines)


@pytest.fixture
def trained(trained_project: TrainedProject, family: str) -> Trained:
    """One family of the project; the parameter `family` is the test's."""
    outputs = trained_project.outputs
    model, history, summary = (outputs[f"{family}.{name}"] for name in ("model", "history", "training"))
    network = outputs.get(f"{family}.network", model)
    return Trained(model, network, history, summary, outputs["validation"], outputs["input_spec"])


def pytest_xdist_auto_num_workers() -> int:
    """Return the number of workers: one more than the cores, because tests of Spark and of servers wait a lot."""
    return min((os.cpu_count() or 1) + 1, 4)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests that read the same trained project, or the same Spark session, to one worker (`--dist=loadgroup`)."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "trained_project" in fixtures:
            item.add_marker(pytest.mark.xdist_group(item.callspec.params["trained_project"].name))  # type: ignore[attr-defined]
        elif "java" in fixtures:
            item.add_marker(pytest.mark.xdist_group("spark"))
