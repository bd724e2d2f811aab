"""Every notebook runs after the pipelines have, holds no logic of its own, and is committed without outputs."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import ROOT, TrainedProject, skip_without_java
from fabricate import BY_NAME
from jupyter_client import KernelManager
from nbclient import NotebookClient

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CHAPTERS = [
    "00_tour", "11_artificial_neural_networks", "12_machine_learning_recap", "21_recurrent_networks",
    "22_convolutional_networks", "31_self_organizing_maps", "32_generative_modelling", "33_self_supervised_learning",
    "40_distributed_learning",
]  # fmt: skip
CLEAR = "%reset -f\nget_ipython().extension_manager.loaded.discard('kedro.ipython')"
LOGIC = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.If, ast.Try, ast.With)


@pytest.fixture(scope="module")
def project(trained_project: TrainedProject, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of a project in which every family is trained."""
    folder = tmp_path_factory.mktemp("notebooks") / "project"
    shutil.copytree(trained_project.project, folder)
    return folder


@pytest.fixture(scope="module")
def kernel() -> Iterator[KernelManager]:
    """One kernel for all notebooks, cleared before each: TensorFlow is imported once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEDRO_ENV", "test")
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        manager = KernelManager(kernel_name="python3")
        yield manager
        manager.shutdown_kernel(now=True)


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


@pytest.mark.parametrize("trained_project", [BY_NAME["image_classification"]], ids=["images"], indirect=True)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_after_the_pipelines(path: Path, project: Path, kernel: KernelManager) -> None:
    if path.stem.startswith("40"):
        skip_without_java()
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(CLEAR))
    NotebookClient(notebook, km=kernel, timeout=300, resources={"metadata": {"path": str(project)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("application/vnd.plotly.v1+json" in output.get("data", {}) for output in outputs)
