"""The registered model as code: MLflow runs this file to load it, so that nothing is pickled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow

from sakon.models.bundle import ModelBundle


class SakonModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Answers for raw records."""

    def load_context(self, context: Any) -> None:
        """Read the files of the version."""
        self.bundle = ModelBundle.load(Path(context.artifacts["schema.json"]).parent)

    # Without type hints: MLflow would take them for the signature, which is declared when it is logged.
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        """Return predictions; see `Predictor.predict`."""
        return self.bundle.predict(model_input)


mlflow.models.set_model(SakonModel())
