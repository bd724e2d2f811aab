"""Registers the model of a trained family as a version of the problem's registered model."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sakon import families, kinds
from sakon.errors import ModelError
from sakon.kinds import Request
from sakon.lazy import pd
from sakon.models.bundle import assemble_bundle
from sakon.models.manifest import write_manifest
from sakon.problem import Schema
from sakon.tracking.metadata import file_path
from sakon.tracking.model_card import describe_model, describe_version
from sakon.tracking.model_files import CHECKSUMS_TAG, DIGEST_TAG, check_predictions, download_model, verify_model
from sakon.tracking.served_code import find_served_code
from sakon.tracking.signature import build_signature
from sakon.tracking.versions import LoggedVersion, RunStore

if TYPE_CHECKING:
    import mlflow
    from kedro.io import DataCatalog
    from mlflow.entities import LoggedModel

EXAMPLE_CANDIDATES = 65_536
"""Records from which the input example is chosen."""
MODEL_VERSIONS_TAG = "mlflow.modelVersions"
"""Tag of a logged model from which its page in MLflow links to its registered versions."""


@dataclass(frozen=True)
class _WrittenModel:
    """A model's folder as it was written.

    Attributes:
        model_id: Id of its logged model.
        checksums: SHA-256 of every file of the bundle by its name.
        digest: Digest of the whole folder.
        example: The input example: the first records of train as a user sends them.
        records: The first records of train.
    """

    model_id: str
    checksums: dict[str, str]
    digest: str
    example: Request
    records: pd.DataFrame

    @property
    def tags(self) -> dict[str, str]:
        """Tags of the version, by which its files are verified."""
        return {CHECKSUMS_TAG: json.dumps(self.checksums), DIGEST_TAG: self.digest}


def register_model(
    family: str, model_file: Path, runs: RunStore, catalog: DataCatalog, outputs: Mapping[int, Sequence[float]]
) -> LoggedVersion:
    """Log a model in the run of its family and, once its files were read back, register it under the family's alias.

    Args:
        family: Name of the family or variant; its run is open.
        model_file: File of its model.
        runs: The runs of the problem.
        catalog: Has `schema`, `input_spec`, `preprocessor` and `train_records`, all saved.
        outputs: Outputs of the model in memory for the first examples of train, see `outputs_by_row`.

    Returns:
        The version and its logged model.

    Raises:
        ModelError: If the files cannot be read back, or predict otherwise.
    """
    from mlflow.entities import LoggedModelOutput

    run_id, client, params = runs.id_of(family), runs.client, runs.params_of(family)
    logged = client.create_logged_model(
        runs.experiment, name=family, source_run_id=run_id, params=params, model_type=family
    )
    try:
        with tempfile.TemporaryDirectory() as name:
            written = _write_model(Path(name), model_file, catalog, logged)
            client.log_model_artifacts(logged.model_id, str(Path(name) / "model"))
            _read_back(Path(name), written, client, outputs)
    except BaseException:
        client.finalize_logged_model(logged.model_id, "FAILED")
        raise
    client.finalize_logged_model(logged.model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    tags = {"sakon.family": families.display_name(family), "sakon.model_id": logged.model_id} | written.tags
    description = describe_version(family, params)
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


def _write_model(folder: Path, model_file: Path, catalog: DataCatalog, logged: LoggedModel) -> _WrittenModel:
    """Write `folder/model` as MLflow lays out a model.

    `mlflow.pyfunc.log_model` is not used, as it would load and call the model once more.
    """
    import mlflow
    from mlflow.models import Model

    schema: Schema = catalog.load("schema")
    stored = {name: file_path(catalog.get(name)) for name in ("schema", "input_spec", "preprocessor")}
    checksums = assemble_bundle(folder / "bundle", **stored, model=model_file)
    code = find_served_code(folder / "bundle")
    package = code.copy(folder / "code")
    records = _first_records(catalog)
    example = _input_example(records, schema)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow recommends type hints, which the signature replaces
        mlflow.pyfunc.save_model(
            folder / "model",
            python_model=str(package / "models" / "serving.py"),
            artifacts={name: (folder / "bundle" / name).as_posix() for name in checksums},
            code_paths=[str(package)],
            pip_requirements=code.requirements,
            signature=build_signature(example, records, schema, catalog.load("input_spec")),
            input_example=example,
            metadata={"columns": dict(schema.features)},
            mlflow_model=Model(
                artifact_path=logged.artifact_location,
                model_uuid=logged.model_id,
                run_id=logged.source_run_id,
                model_id=logged.model_id,
            ),
        )
    return _WrittenModel(logged.model_id, checksums, write_manifest(folder / "model"), example, records)


def _read_back(
    folder: Path, written: _WrittenModel, client: mlflow.MlflowClient, outputs: Mapping[int, Sequence[float]]
) -> None:
    """Copy a model from the store, verify the copy, and predict with it.

    Raises:
        ModelError: If the files are not those that were written, cannot be read, or predict otherwise.
    """
    copies = folder / "copies"
    copies.mkdir()
    copy = download_model(f"models:/{written.model_id}", copies, client.tracking_uri)
    verify_model(copy, written.tags)
    check_predictions(copy, written.example, written.records, outputs)


def _input_example(records: pd.DataFrame, schema: Schema) -> Request:
    """Return the first records of train as a user sends them.

    Raises:
        ModelError: If the records are not those of the schema.
    """
    try:
        return kinds.get(schema.kind).input_example(records, schema)
    except KeyError as error:
        raise ModelError(
            f"The model is not registered: expected the columns of the schema in the records of train, found others "
            f"({error}); rerun the pipelines ingestion and preprocessing."
        ) from error


def _first_records(catalog: DataCatalog) -> pd.DataFrame:
    """Return the first records of train."""
    from pyarrow.dataset import dataset

    records = dataset(file_path(catalog.get("train_records")), format="parquet")
    # Without readahead: of 3,000,000 rows of 20 columns it took 900 MiB.
    first: pd.DataFrame = records.head(EXAMPLE_CANDIDATES, batch_readahead=0, fragment_readahead=0).to_pandas()
    return first
