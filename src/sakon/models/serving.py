"""The registered model as code. MLflow runs this file to load a version, so that nothing is pickled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INTERNAL_ERROR

from sakon.errors import SakonError
from sakon.models.bundle import SCHEMA_FILE, ModelBundle
from sakon.models.manifest import verify_parts

VERIFIED_PARTS = ("artifacts", "code", "serving.py")
"""What no command of MLflow changes: requirements and the signature may be edited after registration."""


class ServedModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Predicts from raw records."""

    def load_context(self, context: Any) -> None:
        """Compare the files of the version with its manifest, and read them."""
        artifacts = Path(context.artifacts[SCHEMA_FILE]).parent
        verify_parts(artifacts.parent, VERIFIED_PARTS)
        self.bundle = ModelBundle.load(artifacts)

    # Without type hints: MLflow would use them as the signature, which is declared when the model is logged.
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        """Return predictions; see `ModelBundle.predict`.

        Raises:
            MlflowException: If the request does not fit the schema: MLflow's server answers it with status 400, and
                other errors with their stack trace.
        """
        try:
            return self.bundle.predict(model_input)
        except SakonError as error:
            raise MlflowException.invalid_parameter_value(" ".join(error.messages)) from error
        except Exception as error:
            raise MlflowException(
                f"The model could not predict ({type(error).__name__}); compare the request with the input example of "
                f"the model.",
                error_code=INTERNAL_ERROR,
            ) from error


mlflow.models.set_model(ServedModel())
