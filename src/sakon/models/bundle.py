"""A model bundle: preprocessor and model together, from raw records to predictions, as an object and as a folder.

The folder holds `schema.json`, `input_spec.json`, `preprocessor.skops` and `model.<suffix of its format>`. None of them
is a pickle. Checksums of the files are stored apart from the folder (in the registry) and compared before any file is
read.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sakon import kinds
from sakon.errors import DataError, ModelError
from sakon.lazy import Estimator, TrainedModel, pd
from sakon.models.formats import FORMATS, format_for, load_model, load_skops, save_skops
from sakon.models.manifest import file_digest
from sakon.models.predict import predict_outputs, reads_tokens
from sakon.models.predictions import OUTPUT_COLUMNS, check_finite_inputs, check_finite_outputs, output_names
from sakon.problem import InputSpec, Schema

SCHEMA_FILE, INPUT_SPEC_FILE, PREPROCESSOR_FILE = "schema.json", "input_spec.json", "preprocessor.skops"
DATA_FILES = (SCHEMA_FILE, INPUT_SPEC_FILE, PREPROCESSOR_FILE)


@dataclass(frozen=True)
class ModelBundle:
    """Everything that is needed to predict from raw records.

    Attributes:
        schema: Columns of the records.
        input_spec: Inputs and outputs of the model.
        preprocessor: Fitted scikit-learn transformer from records to inputs.
        model: A Keras or scikit-learn model.
    """

    schema: Schema
    input_spec: InputSpec
    preprocessor: Estimator
    model: TrainedModel

    @classmethod
    def load(cls, folder: Path, checksums: Mapping[str, str] | None = None) -> ModelBundle:
        """Read a bundle from a folder; no pickle, Keras in safe mode.

        Args:
            folder: Folder that `save` wrote.
            checksums: SHA-256 of every file by its name, as `save` returned them. They are compared before any file is
                read; if left out, the files are trusted as they are.

        Raises:
            ModelError: If files are missing, were added or were changed, or contain types that are not trusted.
        """
        if checksums is not None:
            verify_bundle(folder, checksums)
        return cls(
            schema=Schema.model_validate_json((folder / SCHEMA_FILE).read_bytes()),
            input_spec=InputSpec.model_validate_json((folder / INPUT_SPEC_FILE).read_bytes()),
            preprocessor=load_skops(folder / PREPROCESSOR_FILE),
            model=load_model(folder / _model_file_in(folder)),
        )

    def save(self, folder: Path) -> dict[str, str]:
        """Write the bundle into a folder.

        Args:
            folder: A new or empty folder.

        Returns:
            SHA-256 of every file by its name, in hexadecimal.

        Raises:
            ModelError: If no format can store the model.
        """
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SCHEMA_FILE).write_text(self.schema.model_dump_json(), encoding="utf-8")
        (folder / INPUT_SPEC_FILE).write_text(self.input_spec.model_dump_json(), encoding="utf-8")
        save_skops(self.preprocessor, folder / PREPROCESSOR_FILE)
        model_format = format_for(self.model)
        model_format.save(self.model, folder / f"model{model_format.suffix}")
        return file_checksums(folder)

    def outputs(self, records: pd.DataFrame) -> np.ndarray:
        """Return class probabilities (rows, classes), or the standardised target (rows, 1 or horizon).

        Raises:
            DataError: If an input or an output is NaN or infinite.
        """
        kind = kinds.get(self.schema.kind)
        x = kind.tokens(self.preprocessor, records, self.input_spec) if reads_tokens(self.model) else None
        if x is None:
            x = kind.transform(self.preprocessor, records, self.schema, self.input_spec)
        check_finite_inputs(x, self.input_spec)
        outputs = predict_outputs(self.model, x)
        check_finite_outputs(outputs)
        return outputs

    def predict(self, request: kinds.Request) -> pd.DataFrame:
        """Predict from raw records as a user sends them.

        Args:
            request: A table or an array of examples, without target.

        Returns:
            `prediction` (label, or value in the target's unit) and one `probability_<class>` column per class; for a
            forecast one row per step, after its series and timestamp.

        Raises:
            DataError: If the request does not fit the schema.
        """
        kind = kinds.get(self.schema.kind)
        if len(request) == 0:
            raise DataError("New records: expected at least one, found none.")
        records = kind.from_request(request, self.schema)
        outputs = self.outputs(records)
        if self.schema.task != "classification":
            keys = kind.prediction_keys(records, self.schema)
            keys = keys.set_axis(output_names(keys, OUTPUT_COLUMNS), axis=1)
            return keys.assign(prediction=self.input_spec.in_unit_of_target(outputs.reshape(-1)))
        labels = np.array(self.input_spec.classes)[outputs.argmax(axis=1)]
        probabilities = {f"probability_{label}": outputs[:, i] for i, label in enumerate(self.input_spec.classes)}
        return pd.DataFrame({"prediction": labels, **probabilities})


def assemble_bundle(folder: Path, *, schema: Path, input_spec: Path, preprocessor: Path, model: Path) -> dict[str, str]:
    """Copy stored files into the folder of a bundle, as `ModelBundle.save` would write it.

    Copying is much faster than to load and save again: boosted trees of many classes take several seconds.

    Args:
        folder: A new or empty folder.
        schema: File of the schema.
        input_spec: File of the input specification.
        preprocessor: File of the preprocessor.
        model: File of the model, in one of `FORMATS`.

    Returns:
        SHA-256 of every file of the bundle by its name, in hexadecimal.

    Raises:
        ModelError: If no format has the suffix of the model's file.
    """
    if model.suffix not in FORMATS:
        raise ModelError(f"{model}: expected a model file ({', '.join(FORMATS)}), found the suffix '{model.suffix}'.")
    folder.mkdir(parents=True, exist_ok=True)
    sources = {SCHEMA_FILE: schema, INPUT_SPEC_FILE: input_spec, PREPROCESSOR_FILE: preprocessor}
    for name, path in (sources | {f"model{model.suffix}": model}).items():
        shutil.copyfile(path, folder / name)
    return file_checksums(folder)


def file_checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file in a folder by its name, in hexadecimal."""
    return {path.name: file_digest(path) for path in sorted(folder.iterdir()) if path.is_file()}


def verify_bundle(folder: Path, checksums: Mapping[str, str]) -> None:
    """Compare the files of a bundle with their checksums.

    Raises:
        ModelError: If the folder lacks files of a bundle, holds others, or holds files with another checksum.
    """
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    model_files = _model_files()
    if not names >= set(DATA_FILES) or len(names - set(DATA_FILES)) != 1 or not names - set(DATA_FILES) <= model_files:
        raise ModelError(
            f"Model bundle: expected the files {', '.join(DATA_FILES)} and one of {', '.join(sorted(model_files))}, "
            f"found {', '.join(sorted(names)) or 'none'}."
        )
    changed = sorted(name for name in names if checksums.get(name) != file_digest(folder / name))
    if changed:
        raise ModelError(
            f"Model bundle: expected the files as they were registered, found other checksums of {', '.join(changed)}."
        )


def _model_files() -> set[str]:
    return {f"model{suffix}" for suffix in FORMATS}


def _model_file_in(folder: Path) -> str:
    """Return the name of the model's file in a folder."""
    file = next((name for name in sorted(_model_files()) if (folder / name).exists()), None)
    if file is None:
        raise ModelError(f"{folder}: expected one of {', '.join(sorted(_model_files()))}, found none.")
    return file
