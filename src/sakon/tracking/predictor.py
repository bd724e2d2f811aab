"""From raw records to answers: preprocessor and network together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sakon import kinds
from sakon.lazy import pd
from sakon.problem import InputSpec, Schema

NETWORKS = ("model.keras", "model.skops")


@dataclass(frozen=True)
class Predictor:
    """All it takes to answer for raw records.

    Attributes:
        schema: What records hold.
        input_spec: What the model reads and answers.
        preprocessor: Fitted transformer from records to inputs.
        model: A Keras or scikit-learn model.
    """

    schema: Schema
    input_spec: InputSpec
    preprocessor: Any
    model: Any

    @classmethod
    def load(cls, folder: Path) -> Predictor:
        """Read a predictor from the files of a registered version; no pickle, Keras in safe mode.

        Args:
            folder: Holds `schema.json`, `input_spec.json`, `preprocessor.skops`, and `model.keras` or
                `model.skops`.
        """
        from sakon.datasets import model, skops

        network = next(folder / name for name in NETWORKS if (folder / name).exists())
        return cls(
            schema=Schema.model_validate_json((folder / "schema.json").read_bytes()),
            input_spec=InputSpec.model_validate_json((folder / "input_spec.json").read_bytes()),
            preprocessor=skops.load(folder / "preprocessor.skops"),
            model=model.load(network),
        )

    def outputs(self, records: pd.DataFrame) -> np.ndarray:
        """Return class probabilities (rows, classes), or the standardised target (rows, 1)."""
        from sakon.families.predict import outputs, reads_tokens

        kind, spec = kinds.get(self.schema.kind), self.input_spec
        x = kind.tokens(self.preprocessor, records, spec) if reads_tokens(self.model) else None
        if x is None:
            x = kind.transform(self.preprocessor, records, self.schema, spec)
        return outputs(self.model, x)

    def predict(self, request: Any) -> pd.DataFrame:
        """Answer what a user sends: a table or an array of raw examples.

        Returns:
            `prediction` (label, or value in the target's own unit), and one `probability_<class>` each; of a
            forecast a row for every step, after its series and moment.

        Raises:
            DataError: If the request does not fit the schema.
        """
        kind = kinds.get(self.schema.kind)
        records = kind.from_request(request, self.schema)
        answers = self.outputs(records)
        if self.schema.task != "classification":
            keys = kind.answer_keys(records, self.schema)
            return keys.assign(prediction=self.input_spec.in_unit_of_target(answers.reshape(-1)))
        labels = np.array(self.input_spec.classes)[answers.argmax(axis=1)]
        probabilities = {f"probability_{label}": answers[:, i] for i, label in enumerate(self.input_spec.classes)}
        return pd.DataFrame({"prediction": labels, **probabilities})
