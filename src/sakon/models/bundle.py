"""A model bundle: preprocessor and model together, from raw records to predictions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sakon import kinds
from sakon.lazy import pd
from sakon.models.formats import FORMATS, format_for, load_model, load_skops, save_skops
from sakon.models.predict import predict_outputs, reads_tokens
from sakon.problem import InputSpec, Schema

SCHEMA_FILE, INPUT_SPEC_FILE, PREPROCESSOR_FILE = "schema.json", "input_spec.json", "preprocessor.skops"
DATA_FILES = frozenset({SCHEMA_FILE, INPUT_SPEC_FILE, PREPROCESSOR_FILE})
MODEL_FILES = tuple(f"model{suffix}" for suffix in FORMATS)


@dataclass(frozen=True)
class ModelBundle:
    """All that is needed to predict from raw records.

    Attributes:
        schema: Columns of the records.
        input_spec: Inputs and outputs of the model.
        preprocessor: Fitted transformer from records to inputs.
        model: A Keras or scikit-learn model.
    """

    schema: Schema
    input_spec: InputSpec
    preprocessor: Any
    model: Any

    @classmethod
    def load(cls, folder: Path) -> ModelBundle:
        """Read a bundle from a folder; no pickle, Keras in safe mode.

        Args:
            folder: Holds the files that `save` writes.

        Raises:
            FileNotFoundError: If one of them is missing.
        """
        model_file = next((folder / name for name in MODEL_FILES if (folder / name).exists()), None)
        if model_file is None:
            raise FileNotFoundError(f"{folder}: expected one of {', '.join(MODEL_FILES)}, found none.")
        return cls(
            schema=Schema.model_validate_json((folder / SCHEMA_FILE).read_bytes()),
            input_spec=InputSpec.model_validate_json((folder / INPUT_SPEC_FILE).read_bytes()),
            preprocessor=load_skops(folder / PREPROCESSOR_FILE),
            model=load_model(model_file),
        )

    def save(self, folder: Path) -> None:
        """Write `schema.json`, `input_spec.json`, `preprocessor.skops` and `model.<format>` into a folder."""
        (folder / SCHEMA_FILE).write_text(self.schema.model_dump_json(), encoding="utf-8")
        (folder / INPUT_SPEC_FILE).write_text(self.input_spec.model_dump_json(), encoding="utf-8")
        save_skops(self.preprocessor, folder / PREPROCESSOR_FILE)
        chosen = format_for(self.model)
        chosen.save(self.model, folder / f"model{chosen.suffix}")

    def outputs(self, records: pd.DataFrame) -> np.ndarray:
        """Return class probabilities (rows, classes), or the standardised target (rows, 1 or horizon)."""
        kind, spec = kinds.get(self.schema.kind), self.input_spec
        x = kind.tokens(self.preprocessor, records, spec) if reads_tokens(self.model) else None
        if x is None:
            x = kind.transform(self.preprocessor, records, self.schema, spec)
        return predict_outputs(self.model, x)

    def predict(self, request: Any) -> pd.DataFrame:
        """Predict from what a user sends: a table or an array of raw examples.

        Returns:
            `prediction` (label, or value in the target's own unit), and one `probability_<class>` column each; for a
            forecast one row per step, after its series and timestamp.

        Raises:
            DataError: If the request does not fit the schema.
        """
        kind = kinds.get(self.schema.kind)
        records = kind.from_request(request, self.schema)
        outputs = self.outputs(records)
        if self.schema.task != "classification":
            keys = kind.prediction_keys(records, self.schema)
            return keys.assign(prediction=self.input_spec.in_unit_of_target(outputs.reshape(-1)))
        labels = np.array(self.input_spec.classes)[outputs.argmax(axis=1)]
        probabilities = {f"probability_{label}": outputs[:, i] for i, label in enumerate(self.input_spec.classes)}
        return pd.DataFrame({"prediction": labels, **probabilities})
