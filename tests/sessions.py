"""Projects, and Kedro's sessions and commands within the process of the tests."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import traceback
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from kedro.framework.hooks import hook_impl
from kedro.framework.project import configure_project
from kedro.framework.project import pipelines as registered_pipelines
from kedro.framework.session import KedroSession

from sakon.models.formats import FORMATS
from sakon.runner import FamilyRunner

if TYPE_CHECKING:
    from kedro.io import DataCatalog
    from kedro.pipeline.node import Node

ROOT = Path(__file__).parent.parent
PACKAGE = "sakon"
UNREPEATABLE_COLUMNS = ["train_seconds", "predict_ms_per_1000", "mlflow_run_id", "model_version"]
SECONDS = ("train_seconds", "predict_ms_per_1000")
RECORDED = ("model", "network", "history", "training", "validation", "input_spec")


def copy_project(folder: Path) -> Path:
    """Copy configuration and layout into an empty folder; the code is the installed one.

    Families train in the process of the tests, whose changes do not reach others.
    """
    shutil.copytree(ROOT / "conf", folder / "conf")
    parameters = folder / "conf/base/parameters.yml"
    parameters.write_text(parameters.read_text().replace("workers: null", "workers: 1"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copy(ROOT / ".telemetry", folder)
    (folder / "src").mkdir()
    (folder / "data").mkdir()
    return folder


def contents(project: Path) -> dict[str, Any]:
    """Return what is in the files of a project, without the times that were measured; no file may be incomplete."""
    files: dict[str, Any] = {}
    for path in sorted((project / "data").glob("0[2-8]*/**/*")):
        name = str(path.relative_to(project))
        if path.is_dir() or path.name[0] == "." or "checkpoints" in path.parts:
            continue
        if path.suffix == ".json":
            value = json.loads(path.read_text())
            files[name] = {key: value[key] for key in value.keys() - set(SECONDS)}
        elif path.suffix == ".csv":
            files[name] = pd.read_csv(path).drop(columns=list(SECONDS), errors="ignore").to_csv()
        elif path.suffix in FORMATS:
            files[name] = FORMATS[path.suffix].digest(path.read_bytes())
        else:
            files[name] = path.read_bytes().hex()
    return files


class SessionRecorder:
    """A hook that holds what a session trained as its nodes returned it, and the session's catalog."""

    def __init__(self) -> None:
        self.outputs: dict[str, Any] = {}
        self.catalog: DataCatalog | None = None

    @hook_impl
    def before_pipeline_run(self, catalog: DataCatalog) -> None:
        """Hold the catalog."""
        self.catalog = catalog

    @hook_impl
    def after_node_run(self, node: Node, outputs: dict[str, Any]) -> None:
        """Hold models, histories and summaries, and what they were validated on."""
        self.outputs |= {name: output for name, output in outputs.items() if name.rpartition(".")[2] in RECORDED}


@cache
def configure_settings() -> None:
    """Let Kedro know the package, and with it the settings, which no project changes.

    Kedro's bootstrap does so for every project. It inspects the whole stack of calls, which is deep under pytest.
    """
    configure_project(PACKAGE)


def configure() -> None:
    """Let Kedro know the package and its pipelines anew: a test may have changed a family, or asked for few of them."""
    configure_settings()
    registered_pipelines.configure(f"{PACKAGE}.pipeline_registry")


def run(
    project: Path,
    env: str | None = "test",
    pipelines: list[str] | None = None,
    hooks: Iterable[object] = (),
    **parameters: Any,
) -> None:
    """Run pipelines of a project in a real Kedro session; keys of parameters use `__` for a dot."""
    configure()
    nested: dict[str, Any] = {}
    for key, value in parameters.items():
        *path, last = key.split("__")
        block = nested
        for step in path:
            block = block.setdefault(step, {})
        block[last] = value
    with KedroSession.create(project, env=env, runtime_params=nested) as session:
        for hook in hooks:
            session._hook_manager.register(hook)
        session.run(pipeline_names=pipelines, runner=FamilyRunner())


def read_leaderboard(project: Path, env: str = "test") -> pd.DataFrame:
    """Return the leaderboard of a problem, by family."""
    return pd.read_csv(project / "data/08_reporting" / env / "leaderboard.csv").set_index("family")


def kedro(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a `kedro` command within this process; the project is the working directory.

    `kedro_process` starts Python again and imports everything again, which takes most of its time.
    """
    from click.testing import CliRunner
    from kedro.framework.cli.cli import KedroCLI

    result = CliRunner().invoke(KedroCLI(project), arguments, prog_name="kedro")
    is_exit = result.exception is None or isinstance(result.exception, SystemExit)
    error = "" if is_exit else "".join(traceback.format_exception(result.exception))
    return subprocess.CompletedProcess(arguments, result.exit_code, result.stdout, result.stderr + error)


def kedro_process(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a `kedro` command of a project in a process of its own, as a user does."""
    command = [sys.executable, "-m", "kedro", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
