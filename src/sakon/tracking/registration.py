"""A trained family becomes a version of the problem's registered model."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import sakon
from sakon import kinds
from sakon.problem import InputSpec, Schema

REQUIREMENTS = ("keras", "lazy-loader", "mlflow", "numpy", "pandas", "pydantic", "scikit-learn", "skops", "tensorflow")
BUNDLED = ("schema", "input_spec", "preprocessor")
ARTIFACTS = "artifacts"
EXAMPLE_ROWS = 3


def register(family: str, problem: str, catalog: Any) -> str:
    """Log the family's model in the active run and register it, with alias `<family>`.

    Args:
        family: Name of the family; its model, and the preprocessor, are already saved.
        problem: Name of the registered model.
        catalog: Where they lie.

    Returns:
        The id of the logged model.
    """
    import mlflow

    schema, input_spec = catalog.load("schema"), catalog.load("input_spec")
    example = kinds.get(schema.kind).to_request(catalog.load("train_records").head(EXAMPLE_ROWS), schema)
    files = [Path(str(catalog.get(name)._filepath)) for name in (*BUNDLED, f"{family}.model")]
    with tempfile.TemporaryDirectory() as folder:
        code = Path(folder) / "sakon"
        shutil.copytree(Path(sakon.__file__).parent, code, ignore=shutil.ignore_patterns("__pycache__"))
        logged = mlflow.pyfunc.log_model(
            name=family,
            python_model=str(code / "tracking" / "serving.py"),
            artifacts={path.name: path.as_posix() for path in files},
            code_paths=[str(code)],
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
            signature=signature(schema, input_spec),
            input_example=example,
        )
    client = mlflow.MlflowClient()
    number = _new_version(client, problem, logged)
    client.set_model_version_tag(problem, number, "sakon.family", family)
    client.set_model_version_tag(problem, number, "sakon.model_id", logged.model_id)
    for path in files:
        client.set_model_version_tag(problem, number, f"sakon.sha256.{path.name}", sha256(path))
    client.set_registered_model_alias(problem, family, number)
    return str(logged.model_id)


def _new_version(client: Any, problem: str, logged: Any) -> str:
    from mlflow.exceptions import MlflowException

    try:
        client.get_registered_model(problem)
    except MlflowException:
        client.create_registered_model(problem)
    made = client.create_model_version(problem, logged.model_uri, run_id=logged.run_id, model_id=logged.model_id)
    return str(made.version)


def signature(schema: Schema, input_spec: InputSpec) -> Any:
    """Return what a version takes and gives: an array of images, or optional typed columns."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, TensorSpec
    from mlflow.types import Schema as Columns

    if schema.shape:
        shape = schema.shape[:2] if schema.shape[-1] == 1 else schema.shape
        inputs = Columns([TensorSpec(np.dtype("float64"), (-1, *shape))])
    else:
        types = {"number": "double", "boolean": "double", "date": "datetime", "category": "string"}
        inputs = Columns([ColSpec(types[kind], name, required=False) for name, kind in schema.features.items()])
    if input_spec.task == "regression":
        return ModelSignature(inputs, Columns([ColSpec("double", "prediction")]))
    label = {bool: "boolean", int: "long", str: "string"}[type(input_spec.classes[0])]
    given = [ColSpec("double", f"probability_{each}") for each in input_spec.classes]
    return ModelSignature(inputs, Columns([ColSpec(label, "prediction"), *given]))


def sha256(path: Path) -> str:
    """Return the checksum of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
