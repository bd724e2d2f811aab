"""The registered model as code: MLflow runs this file to load it, so that nothing is pickled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd

from sakon.tracking.predictor import Predictor


class SakonModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Answers for raw records."""

    def load_context(self, context: Any) -> None:
        """Read the files of the version."""
        self.predictor = Predictor.load(Path(context.artifacts["schema.json"]).parent)

    def predict(self, context: Any, model_input: Any, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Return predictions; see `Predictor.predict`."""
        return self.predictor.predict(model_input)


mlflow.models.set_model(SakonModel())
