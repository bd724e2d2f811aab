"""The registered model as code. MLflow runs this file to load a version, so that nothing is pickled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow

from sakon.models.bundle import SCHEMA_FILE, ModelBundle


class ServedModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Predicts from raw records."""

    def load_context(self, context: Any) -> None:
        """Read the files of the version."""
        self.bundle = ModelBundle.load(Path(context.artifacts[SCHEMA_FILE]).parent)

    # Without type hints: MLflow would use them as the signature, which is declared when the model is logged.
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        """Return predictions; see `ModelBundle.predict`."""
        return self.bundle.predict(model_input)


mlflow.models.set_model(ServedModel())
