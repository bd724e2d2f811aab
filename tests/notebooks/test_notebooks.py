"""Every notebook runs after the pipelines have, holds no logic of its own, and is committed without outputs."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import mlflow
import nbformat
import pytest
from conftest import ROOT, copy_project, run, skip_without_java
from nbclient import NotebookClient

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CHAPTERS = [
    "00_tour", "11_artificial_neural_networks", "12_machine_learning_recap", "21_recurrent_networks",
    "22_convolutional_networks", "31_self_organizing_maps", "32_generative_modelling", "33_self_supervised_learning",
    "40_distributed_learning",
]  # fmt: skip
LOGIC = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.If, ast.Try, ast.With)


@pytest.fixture(scope="module")
def project_that_ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose pipelines have all run on a shrunken configuration."""
    project = copy_project(tmp_path_factory.mktemp("notebooks") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        run(project)
        mlflow.end_run()
    return project


def code_of(path: Path) -> list[Any]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def test_there_is_one_per_chapter() -> None:
    assert [path.stem for path in NOTEBOOKS] == CHAPTERS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_committed_without_outputs_and_logic(path: Path) -> None:
    nbformat.validate(nbformat.read(path, as_version=4))
    for cell in code_of(path):
        assert (cell.outputs, cell.execution_count) == ([], None)
        if not cell.source.startswith("%"):
            assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, LOGIC)], cell.source
    assert code_of(path)[0].source == "%load_ext kedro.ipython"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_after_the_pipelines(path: Path, project_that_ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if path.stem.startswith("40"):
        skip_without_java()
    monkeypatch.setenv("KEDRO_ENV", "test")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(project_that_ran)}})
    client.execute()
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("application/vnd.plotly.v1+json" in output.get("data", {}) for output in shown)
