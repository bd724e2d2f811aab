"""A trained family becomes a version of the problem's registered model."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import sakon
from sakon import families, kinds
from sakon.problem import InputSpec
from sakon.tracking.declaration import path_of

if TYPE_CHECKING:
    from sakon.tracking.runs import Runs

REQUIREMENTS = ("keras", "lazy-loader", "mlflow", "numpy", "pandas", "pydantic", "scikit-learn", "skops", "tensorflow")
BUNDLED = ("schema", "input_spec", "preprocessor")
FIRST_ROWS = 65_536
ARTIFACTS = "artifacts"
SHA256 = "sakon.sha256"
VERSIONS = "mlflow.modelVersions"  # by which the page of a logged model names its registered versions


def register(family: str, runs: Runs, catalog: Any) -> str:
    """Log the family's model in its run and register it, with alias `<family>`.

    Args:
        family: Name of the family; its run is open, and its model and the preprocessor are saved.
        runs: The runs of this Kedro run.
        catalog: Where they lie.

    Returns:
        The id of the logged model.
    """
    from mlflow.entities import LoggedModelOutput

    run_id, client = runs.id_of(family), runs.client
    logged = client.create_logged_model(
        runs.experiment, name=family, source_run_id=run_id, params=runs.params_of(family), model_type=family
    )
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "model"
        try:
            _save(saved, family, catalog, logged)
            client.log_model_artifacts(logged.model_id, str(saved))
        except BaseException:
            client.finalize_logged_model(logged.model_id, "FAILED")
            raise
        checksums = {f"{SHA256}.{path.name}": sha256(path) for path in (saved / ARTIFACTS).iterdir()}
    client.finalize_logged_model(logged.model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    tags = {"sakon.family": families.display_name(family), "sakon.model_id": logged.model_id, **checksums}
    number = new_version(client, runs.problem, logged.model_id, run_id, tags)
    client.set_registered_model_alias(runs.problem, family, number)
    return str(logged.model_id)


def _save(folder: Path, family: str, catalog: Any, logged: Any) -> None:
    """Write the model as MLflow lays it out: `log_model` would serve it once more to see whether it answers."""
    import mlflow
    from mlflow.models import Model

    example, input_spec = _example(catalog), catalog.load("input_spec")
    files = [path_of(catalog.get(name)) for name in (*BUNDLED, f"{family}.model")]
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about type hints, which `signature` makes superfluous
        code = Path(scratch) / "sakon"
        shutil.copytree(Path(sakon.__file__).parent, code, ignore=shutil.ignore_patterns("__pycache__"))
        mlflow.pyfunc.save_model(
            folder,
            python_model=str(code / "models" / "serving.py"),
            artifacts={path.name: path.as_posix() for path in files},
            code_paths=[str(code)],
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
            signature=signature(example, input_spec),
            input_example=example,
            mlflow_model=Model(
                artifact_path=logged.artifact_location,
                model_uuid=logged.model_id,
                run_id=logged.source_run_id,
                model_id=logged.model_id,
            ),
        )


def _example(catalog: Any) -> Any:
    """Return the first records of train as a user would send them."""
    from pyarrow.dataset import dataset

    schema = catalog.load("schema")
    records = dataset(path_of(catalog.get("train_records")), format="parquet")
    # What lies behind them is not read ahead: of 3,000,000 rows of 20 columns that took 900 MiB.
    first = records.head(FIRST_ROWS, batch_readahead=0, fragment_readahead=0)
    return kinds.get(schema.kind).input_example(first.to_pandas(), schema)


def new_version(client: Any, problem: str, model_id: str, run_id: str | None, tags: dict[str, str]) -> str:
    """Add a version to the problem's registered model and return its number; the model is made if need be."""
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(problem)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    made = client.create_model_version(problem, f"models:/{model_id}", run_id=run_id, tags=tags, model_id=model_id)
    client.set_logged_model_tags(model_id, {VERSIONS: json.dumps([{"name": problem, "version": made.version}])})
    return str(made.version)


def signature(example: Any, input_spec: InputSpec) -> Any:
    """Return what a version takes and gives.

    Arrays have the type and shape of the raw ones. Columns are named and optional but of any type: the
    model types raw columns itself, while MLflow would refuse whole numbers or text dates in the raw form.

    Args:
        example: Raw records as a user would send them: a DataFrame or an array.
        input_spec: What the model answers.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, TensorSpec
    from mlflow.types import Schema as Columns
    from mlflow.types.schema import AnyType

    if isinstance(example, np.ndarray):
        inputs = Columns([TensorSpec(example.dtype, (-1, *example.shape[1:]))])
    else:
        inputs = Columns([ColSpec(AnyType(), str(name), required=False) for name in example])
    if input_spec.task == "forecast":  # named by series and moment, which are of any type
        return ModelSignature(inputs)
    if input_spec.task == "regression":
        return ModelSignature(inputs, Columns([ColSpec("double", "prediction")]))
    label = {bool: "boolean", int: "long", str: "string"}[type(input_spec.classes[0])]
    given = [ColSpec("double", f"probability_{each}") for each in input_spec.classes]
    return ModelSignature(inputs, Columns([ColSpec(label, "prediction"), *given]))


def sha256(path: Path) -> str:
    """Return the checksum of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
