"""Projects, and Kedro's sessions and commands within the process of the tests."""

from __future__ import annotations

import shutil
import subprocess
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

from sakon.runner import FamilyRunner

if TYPE_CHECKING:
    from kedro.io import DataCatalog
    from kedro.pipeline.node import Node

ROOT = Path(__file__).parent.parent
RECORDED = ("model", "history", "training", "validation", "input_spec")


def copy_project(folder: Path) -> Path:
    """Copy configuration and layout into an empty folder; the code is the installed one."""
    shutil.copytree(ROOT / "conf", folder / "conf")
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copy(ROOT / ".telemetry", folder)
    (folder / "src").mkdir()
    (folder / "data").mkdir()
    return folder


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


def run(
    project: Path,
    env: str | None = "test",
    pipelines: list[str] | None = None,
    hooks: Iterable[object] = (),
    **parameters: Any,
) -> None:
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
        for hook in hooks:
            session._hook_manager.register(hook)
        session.run(pipeline_names=pipelines, runner=FamilyRunner())


def kedro(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a `kedro` command of a project, which is the working directory, within this process.

    A process of its own would import TensorFlow again. What `kedro` does in one is in
    `end_to_end/test_commands.py`.
    """
    from click.testing import CliRunner
    from kedro.framework.cli.cli import KedroCLI

    result = CliRunner().invoke(KedroCLI(project), arguments, prog_name="kedro")
    crashed = result.exc_info is not None and not isinstance(result.exception, SystemExit)
    shown = "".join(traceback.format_exception(result.exception)) if crashed else ""
    return subprocess.CompletedProcess(arguments, result.exit_code, result.stdout, result.stderr + shown)
