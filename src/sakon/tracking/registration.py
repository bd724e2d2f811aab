"""Registers the model of a trained family as a version of the problem's registered model."""

from __future__ import annotations

import json
import shutil
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import sakon
from sakon import families, kinds
from sakon.kinds import Request
from sakon.models.bundle import assemble_bundle
from sakon.problem import InputSpec, Schema
from sakon.tracking.metadata import file_path
from sakon.tracking.model_card import describe_model, describe_version
from sakon.tracking.versions import LoggedVersion, RunStore

if TYPE_CHECKING:
    import mlflow
    from kedro.io import DataCatalog
    from mlflow.entities import LoggedModel
    from mlflow.models import ModelSignature

REQUIREMENTS = ("keras", "lazy-loader", "mlflow", "numpy", "pandas", "pydantic", "scikit-learn", "skops", "tensorflow")
EXAMPLE_CANDIDATES = 65_536
"""Records from which the input example is chosen."""
ARTIFACTS = "artifacts"
"""Folder of the bundle's files within a logged model."""
CHECKSUMS_TAG = "sakon.checksums"
"""Tag of a model version: SHA-256 of every file of the bundle by its name, as JSON."""
FILE_CHECKSUM_TAG = "sakon.sha256."
"""Prefix of the tags that older versions have instead, one per file."""
MODEL_VERSIONS_TAG = "mlflow.modelVersions"
"""Tag of a logged model from which its page in MLflow links to its registered versions."""


def register_model(family: str, model_file: Path, runs: RunStore, catalog: DataCatalog) -> LoggedVersion:
    """Log a model in the run of its family and register it, with the family's name as alias.

    Args:
        family: Name of the family or variant; its run is open.
        model_file: File of its model.
        runs: The runs of the problem.
        catalog: Has `schema`, `input_spec`, `preprocessor` and `train_records`, all saved.

    Returns:
        The version and its logged model.
    """
    from mlflow.entities import LoggedModelOutput

    run_id, client = runs.id_of(family), runs.client
    logged = client.create_logged_model(
        runs.experiment, name=family, source_run_id=run_id, params=runs.params_of(family), model_type=family
    )
    with tempfile.TemporaryDirectory() as name:
        try:
            checksums = _write_model(Path(name), model_file, catalog, logged)
            client.log_model_artifacts(logged.model_id, str(Path(name) / "model"))
        except BaseException:
            client.finalize_logged_model(logged.model_id, "FAILED")
            raise
    client.finalize_logged_model(logged.model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    tags = {
        "sakon.family": families.display_name(family),
        "sakon.model_id": logged.model_id,
        CHECKSUMS_TAG: json.dumps(checksums),
    }
    description = describe_version(family, runs.params_of(family))
    number = create_version(client, runs.problem, logged.model_id, run_id, tags, description)
    client.set_registered_model_alias(runs.problem, family, number)
    _describe_model(runs, catalog)
    return LoggedVersion(number, str(logged.model_id))


def create_version(
    client: mlflow.MlflowClient,
    problem: str,
    model_id: str,
    run_id: str | None,
    tags: dict[str, str],
    description: str = "",
) -> str:
    """Add a version to the problem's registered model, which is created if it does not exist.

    Returns:
        The number of the version.
    """
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(problem)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    created = client.create_model_version(
        problem, f"models:/{model_id}", run_id=run_id, tags=tags, model_id=model_id, description=description
    )
    links = json.dumps([{"name": problem, "version": created.version}])
    client.set_logged_model_tags(model_id, {MODEL_VERSIONS_TAG: links})
    return str(created.version)


def checksums_from(tags: dict[str, str]) -> dict[str, str]:
    """Return the checksums of a version's files by their names, from its tags: those of older versions too."""
    if CHECKSUMS_TAG in tags:
        return dict(json.loads(tags[CHECKSUMS_TAG]))
    return {
        name.removeprefix(FILE_CHECKSUM_TAG): value
        for name, value in tags.items()
        if name.startswith(FILE_CHECKSUM_TAG)
    }


def build_signature(example: Request, input_spec: InputSpec) -> ModelSignature:
    """Return the signature of a version: its inputs and outputs.

    Arrays have the type and shape of the raw ones. Columns are named and optional, but of any type: the model converts
    raw columns itself, while MLflow would refuse integers or dates in the form of the raw data.

    Args:
        example: Raw records as a user sends them.
        input_spec: Outputs of the model.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, TensorSpec
    from mlflow.types import Schema as MlflowSchema
    from mlflow.types.schema import AnyType

    if isinstance(example, np.ndarray):
        inputs = MlflowSchema([TensorSpec(example.dtype, (-1, *example.shape[1:]))])
    else:
        inputs = MlflowSchema([ColSpec(AnyType(), str(name), required=False) for name in example])
    if input_spec.task == "forecast":  # its first columns are series and timestamp, which are of any type
        return ModelSignature(inputs)
    if input_spec.task == "regression":
        return ModelSignature(inputs, MlflowSchema([ColSpec("double", "prediction")]))
    label_type = {bool: "boolean", int: "long", str: "string"}[type(input_spec.classes[0])]
    probabilities = [ColSpec("double", f"probability_{label}") for label in input_spec.classes]
    return ModelSignature(inputs, MlflowSchema([ColSpec(label_type, "prediction"), *probabilities]))


def _describe_model(runs: RunStore, catalog: DataCatalog) -> None:
    """Write the description of the registered model if it has changed."""
    registered = runs.client.get_registered_model(runs.problem)
    description = describe_model(
        runs.problem,
        catalog.load("schema"),
        catalog.load("input_spec"),
        runs.parameters["problem"],
        set(registered.aliases) - {"champion"},
    )
    if registered.description != description:
        runs.client.update_registered_model(runs.problem, description)


def _write_model(folder: Path, model_file: Path, catalog: DataCatalog, logged: LoggedModel) -> dict[str, str]:
    """Write `folder/model` as MLflow lays out a model, and return the checksums of the bundle's files.

    `mlflow.pyfunc.log_model` is not used, as it would load and call the model once more.
    """
    import mlflow
    from mlflow.models import Model

    stored = {name: file_path(catalog.get(name)) for name in ("schema", "input_spec", "preprocessor")}
    checksums = assemble_bundle(folder / "bundle", **stored, model=model_file)
    example = _input_example(catalog)
    package = folder / "code" / "sakon"
    shutil.copytree(Path(sakon.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow recommends type hints, which the signature replaces
        mlflow.pyfunc.save_model(
            folder / "model",
            python_model=str(package / "models" / "serving.py"),
            artifacts={name: (folder / "bundle" / name).as_posix() for name in checksums},
            code_paths=[str(package)],
            pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
            signature=build_signature(example, catalog.load("input_spec")),
            input_example=example,
            mlflow_model=Model(
                artifact_path=logged.artifact_location,
                model_uuid=logged.model_id,
                run_id=logged.source_run_id,
                model_id=logged.model_id,
            ),
        )
    return checksums


def _input_example(catalog: DataCatalog) -> Request:
    """Return the first records of train as a user sends them."""
    from pyarrow.dataset import dataset

    schema: Schema = catalog.load("schema")
    records = dataset(file_path(catalog.get("train_records")), format="parquet")
    # Without readahead: of 3,000,000 rows of 20 columns it took 900 MiB.
    first = records.head(EXAMPLE_CANDIDATES, batch_readahead=0, fragment_readahead=0)
    return kinds.get(schema.kind).input_example(first.to_pandas(), schema)
