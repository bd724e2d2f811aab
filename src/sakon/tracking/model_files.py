"""The files of a registered model in the store: downloaded, verified, and compared with what was trained."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sakon import kinds
from sakon.datasets.examples import examples_from_arrow
from sakon.errors import ModelError, SakonError
from sakon.kinds import Request
from sakon.lazy import TrainedModel, pd
from sakon.models.bundle import ModelBundle, verify_bundle
from sakon.models.manifest import remove_bytecode, verify_folder
from sakon.models.predict import predict_outputs, select_inputs
from sakon.problem import Schema
from sakon.records.splitting import ROW
from sakon.tracking.causes import Cause, cause_of, error_reason

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

MLMODEL = "MLmodel"
LOADER = "mlflow.pyfunc.loaders.code_model"
ARTIFACTS = "artifacts"
"""Folder of the bundle's files within a logged model."""
DIGEST_TAG = "sakon.digest"
"""Tag of a model version: digest of its whole folder, see `sakon.models.manifest`."""
CHECKSUMS_TAG = "sakon.checksums"
"""Tag of a model version: SHA-256 of every file of the bundle by its name, as JSON."""
FILE_CHECKSUM_TAG = "sakon.sha256."
"""Prefix of the tags that older versions have instead, one per file."""
COMPARED_EXAMPLES = 5
"""Examples for which the outputs of a model in memory and of its files are compared."""
MAX_DIFFERENCE = 1e-4
"""Difference of outputs, relative or absolute, that rounding may cause."""


def checksums_from(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the checksums of a version's files by their names, from its tags: those of older versions too."""
    if CHECKSUMS_TAG in tags:
        return dict(json.loads(tags[CHECKSUMS_TAG]))
    return {
        name.removeprefix(FILE_CHECKSUM_TAG): value
        for name, value in tags.items()
        if name.startswith(FILE_CHECKSUM_TAG)
    }


def download_model(uri: str, folder: Path, tracking_uri: str | None) -> Path:
    """Copy the files of a model into a folder.

    Args:
        uri: `models:/<id of a logged model>` or `models:/<name>/<version>`.
        folder: An existing folder.
        tracking_uri: Address of the store.

    Returns:
        The folder of the model.
    """
    import mlflow

    path = mlflow.artifacts.download_artifacts(uri, dst_path=str(folder), tracking_uri=tracking_uri)
    return Path(path)


def download_version(version: ModelVersion, folder: Path, tracking_uri: str | None) -> Path:
    """Copy the files of a version into a folder, and verify the copy; see `verify_model`.

    Args:
        version: The version.
        folder: An existing folder.
        tracking_uri: Address of the store.

    Returns:
        The folder of the model.

    Raises:
        ModelError: If the files cannot be copied, or are not those that were registered.
    """
    try:
        model = download_model(f"models:/{version.name}/{version.version}", folder, tracking_uri)
    except Exception as error:  # a description that was edited by hand may raise anything
        raise ModelError(f"Model bundle: its files cannot be downloaded ({error_reason(error)}).") from error
    verify_model(model, version.tags)
    remove_bytecode(model)
    return model


def verify_model(folder: Path, tags: Mapping[str, str]) -> None:
    """Compare a model's files with what the tags of its version record: its whole folder, or its bundle if it is older.

    Raises:
        ModelError: If the files are others, nothing is recorded, or MLflow would load them as those of no such model.
    """
    checksums = checksums_from(tags)
    if not checksums:
        raise ModelError("Model bundle: expected checksums in the tags of its version, found none.")
    if DIGEST_TAG in tags:
        verify_folder(folder, tags[DIGEST_TAG])
    verify_bundle(folder / ARTIFACTS, checksums)
    _check_loader(folder)


def _check_loader(folder: Path) -> None:
    """Refuse a model that another module of MLflow would load: files of older versions have no digest of the whole."""
    import mlflow

    try:
        flavors = mlflow.models.Model.load(str(folder / MLMODEL)).flavors
    except Exception as error:  # YAML that was edited by hand may raise anything
        raise ModelError(f"Model bundle: its file {MLMODEL} cannot be read ({error_reason(error)}).") from error
    loader = flavors.get("python_function", {}).get("loader_module")
    if set(flavors) != {"python_function"} or loader != LOADER:
        raise ModelError(
            f"Model bundle: expected a model that {LOADER} loads, found flavors {sorted(flavors)} and loader {loader}."
        )


def verify_version(client: MlflowClient, version: ModelVersion) -> None:
    """Compare the files of a version in the store with what was recorded when it was registered.

    Raises:
        ModelError: If they were changed or cannot be read.
    """
    with tempfile.TemporaryDirectory() as name:
        try:
            download_version(version, Path(name), client.tracking_uri)
        except ModelError as error:
            if error.__cause__ is not None and cause_of(error.__cause__) is Cause.UNREACHABLE:
                raise error.__cause__ from error
            title = f"Version {version.version} of '{version.name}'"
            raise ModelError(f"{title} cannot be used. {' '.join(error.messages)}") from error


def outputs_by_row(model: TrainedModel, train: Path) -> dict[int, tuple[float, ...]]:
    """Return the outputs of a model in memory for the first examples of train, by the numbers of their rows.

    Args:
        model: The model.
        train: File or folder of the examples.
    """
    from pyarrow.dataset import dataset

    # Without readahead: of many rows it would take much memory.
    table = dataset(train, format="parquet").head(COMPARED_EXAMPLES, batch_readahead=0, fragment_readahead=0)
    examples = examples_from_arrow(table)
    outputs = predict_outputs(model, select_inputs(model, examples).x)
    return {int(row): tuple(values) for row, values in zip(examples.row, outputs.tolist(), strict=True)}


def check_predictions(
    folder: Path, example: Request, train_records: pd.DataFrame, expected: Mapping[int, Sequence[float]]
) -> None:
    """Read a model from its files, and compare its predictions from raw records with those of the model in memory.

    Args:
        folder: Folder of the model.
        example: The first records of train as a user sends them.
        train_records: The first records of train.
        expected: Outputs of the model in memory for prepared examples, see `outputs_by_row`; predictions for other rows
            only have to exist.

    Raises:
        ModelError: If the files cannot be read, or predictions differ.
    """
    try:
        bundle = ModelBundle.load(folder / ARTIFACTS)
        records = kinds.get(bundle.schema.kind).from_request(example, bundle.schema)
        outputs = bundle.outputs(records)
        bundle.predict(example)
    except SakonError as error:
        raise ModelError(f"The model is not registered: {' '.join(error.messages)}") from error
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise ModelError(
            f"The model is not registered: expected files that predict the first records of train, found an error "
            f"({reason[:200]}); rerun the pipelines preprocessing and the family's own."
        ) from error
    rows = _rows_of(train_records, len(outputs), bundle.schema)
    _check_same(dict(zip(rows, outputs, strict=True)), expected)


def _check_same(outputs: Mapping[int, np.ndarray], expected: Mapping[int, Sequence[float]]) -> None:
    """Refuse outputs, by row, that differ from those that are expected for the same rows by more than rounding.

    Raises:
        ModelError: With the largest difference.
    """
    differences = [
        np.abs(outputs[row] - expected[row]).max()
        for row in outputs.keys() & expected
        if not np.allclose(outputs[row], expected[row], rtol=MAX_DIFFERENCE, atol=MAX_DIFFERENCE)
    ]
    if differences:
        raise ModelError(
            f"The model is not registered: expected the files to predict the first records of train as the trained "
            f"model predicts their prepared examples, found differences up to {max(differences):.3g}: the preprocessor "
            f"is not the one that the examples were prepared with, or the model's file is damaged; rerun the pipelines "
            f"preprocessing and the family's own."
        )


def _rows_of(records: pd.DataFrame, count: int, schema: Schema) -> list[int]:
    """Return the numbers of the rows that the predictions of the example are for."""
    start = 0 if schema.timeline is None else schema.timeline.lookback - 1
    return [int(row) for row in records[ROW].iloc[start : start + count]]
