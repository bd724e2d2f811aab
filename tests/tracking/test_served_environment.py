"""A registered model needs its own requirements, and nothing else of this project."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tracking import load_served
from tracking.tiny_project import PROBLEM, Project, training_nodes

import sakon
from sakon.tracking.served_code import trace_imports

SOURCES = Path(sakon.__file__).parent
CASES = [
    ("tabular_classification", "vae"),
    ("text_classification", "baseline"),
    ("series_forecast", "baseline"),
]
NOT_SERVED = {"kedro", "kedro_datasets", "openpyxl", "pooch", "pyspark"}
"""Packages of the project that no model needs, and MLflow does not depend on."""
VARIABLE = "SAKON_FRESH_ENVIRONMENT"

Registered = Callable[[str, str], Path]


@pytest.fixture
def registered(tiny: Project, tmp_path: Path) -> Registered:
    """A function that registers a model, and returns a copy of its folder in another one."""

    def register(case: str, family: str) -> Path:
        problem = tiny.prepare_case(case)
        tiny.run(*training_nodes(family), problem=problem, **{family: {"regularization": 1.0}})
        downloads = tmp_path / "downloads"
        downloads.mkdir()
        source = mlflow.artifacts.download_artifacts(f"models:/{PROBLEM}@{family}", dst_path=str(downloads))
        return Path(shutil.copytree(source, tmp_path / "elsewhere" / "model"))

    return register


def closure(requirements: Path) -> set[str]:
    """Return the distributions that the installation of requirements brings, by what is installed here."""
    waiting = [Requirement(line).name for line in requirements.read_text().split()]
    names: set[str] = set()
    while waiting:
        name = canonicalize_name(waiting.pop())
        try:
            needed = distribution(name).requires or []
        except PackageNotFoundError:  # of another platform
            continue
        if name not in names:
            names.add(name)
            parsed = [Requirement(text) for text in needed]
            waiting += [each.name for each in parsed if each.marker is None or each.marker.evaluate({"extra": ""})]
    return names


def load_elsewhere(model: Path, python: Path, *refused: Path) -> dict[str, Any]:
    """Load a model with another interpreter, outside of the project, and return what `load_served` writes."""
    request, output = model / "input_example.json", model.parent / "predictions.json"
    environment = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "MLFLOW_TRACKING_URI")
    }
    command = [python, load_served.__file__, model, request, output, *refused]
    process = subprocess.run(
        list(map(str, command)), cwd=model.parent, env=environment, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr[-3000:]
    content: dict[str, Any] = json.loads(output.read_text())
    return content


def check_same_as_in_memory(model: Path, content: dict[str, Any]) -> None:
    """Compare predictions with those of the model in this process."""
    example = json.loads((model / "input_example.json").read_text())
    request = pd.DataFrame(example["data"], columns=example["columns"])
    here = mlflow.pyfunc.load_model(str(model)).unwrap_python_model().bundle.predict(request)
    there = pd.DataFrame(content["predictions"]["data"], columns=content["predictions"]["columns"])
    expected = json.loads(here.to_json(orient="split", date_format="iso", double_precision=15))
    pd.testing.assert_frame_equal(there, pd.DataFrame(expected["data"], columns=expected["columns"]), rtol=1e-5)
    assert len(there) > 0


@pytest.mark.parametrize(("case", "family"), CASES)
def test_a_model_loads_where_only_its_requirements_can_be_imported(
    registered: Registered, tmp_path: Path, case: str, family: str
) -> None:
    model = registered(case, family)
    allowed = closure(model / "requirements.txt")
    refused = {
        package
        for package, distributions in packages_distributions().items()
        if not allowed & {canonicalize_name(name) for name in distributions} and package != "sakon"
    }
    assert not NOT_SERVED & {name.replace("-", "_") for name in allowed}
    file = tmp_path / "refused.json"
    file.write_text(json.dumps(sorted(refused | NOT_SERVED)))
    content = load_elsewhere(model, Path(sys.executable), file)
    assert content["files"]
    assert all(Path(name).is_relative_to(model) for name in content["files"])  # not the project's own
    check_same_as_in_memory(model, content)


def test_requirements_are_pins_that_an_index_has(registered: Registered) -> None:
    model = registered("series_forecast", "baseline")
    pins = (model / "requirements.txt").read_text().split()
    for pin in pins:
        requirement = Requirement(pin)
        (specifier,) = requirement.specifier
        assert (specifier.operator, requirement.url, "+" in specifier.version) == ("==", None, False)
    names = {Requirement(pin).name for pin in pins}
    assert "holidays" in names
    assert not names & {"sakon", "kedro", "kedro-datasets", "pyspark"}
    conda = yaml.safe_load((model / "conda.yaml").read_text())
    assert conda["dependencies"][-1]["pip"] == pins
    python = yaml.safe_load((model / "python_env.yaml").read_text())
    assert python["dependencies"] == ["-r requirements.txt"]
    for name in ("requirements.txt", "conda.yaml", "python_env.yaml", "serving.py"):
        content = (model / name).read_text()
        assert "file:" not in content
        assert str(SOURCES.parents[1]) not in content


def own_layers() -> list[str]:
    """Return the modules of this project that register classes with Keras: stored networks refer to them."""
    files = [path for path in SOURCES.rglob("*.py") if "register_keras_serializable" in path.read_text()]
    return [".".join(("sakon", *path.relative_to(SOURCES).with_suffix("").parts)) for path in sorted(files)]


def test_layers_of_every_family_need_no_framework_but_keras() -> None:
    modules = own_layers()
    assert len(modules) >= 7
    libraries = {module: set(trace_imports([module]).libraries) for module in modules}
    served = {"keras", "lazy_loader", "numpy", "pandas", "pydantic", "scipy", "sklearn", "skops", "tensorflow"}
    assert {module: found - served for module, found in libraries.items() if found - served} == {}


@pytest.mark.skipif(f"'{VARIABLE}' not in os.environ", reason="installs a gigabyte: make test-served")
@pytest.mark.parametrize(("case", "family"), [("tabular_classification", "vae"), ("series_forecast", "baseline")])
def test_a_model_loads_in_a_fresh_environment_of_its_requirements(
    registered: Registered, tmp_path: Path, case: str, family: str
) -> None:
    model, environment = registered(case, family), tmp_path / "environment"
    try:
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
        install = [shutil.which("uv") or "uv", "pip", "install", "--quiet", "--python", python]
        subprocess.run([*install, "--requirement", model / "requirements.txt"], check=True)
        check_same_as_in_memory(model, load_elsewhere(model, python))
    finally:
        shutil.rmtree(environment, ignore_errors=True)
