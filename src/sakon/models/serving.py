"""The registered model as code. MLflow runs this file to load a version, so that nothing is pickled."""

from __future__ import annotations

import io
import logging
from functools import wraps
from pathlib import Path
from typing import Any

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INTERNAL_ERROR
from mlflow.pyfunc import scoring_server

from sakon.errors import SakonError
from sakon.kinds import Request
from sakon.lazy import pd
from sakon.models.bundle import SCHEMA_FILE, ModelBundle
from sakon.models.manifest import verify_parts
from sakon.models.request_bodies import ContentTypeError, parse_body

VERIFIED_PARTS = ("artifacts", "code", "serving.py")
"""What no command of MLflow changes: requirements and the signature may be edited after registration."""
ANSWER = "answer_request"
"""Name of the method that answers a request to MLflow's server."""


class ServedModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Predicts from raw records."""

    def load_context(self, context: Any) -> None:
        """Compare the files of the version with its manifest, and read them."""
        artifacts = Path(context.artifacts[SCHEMA_FILE]).parent
        verify_parts(artifacts.parent, VERIFIED_PARTS)
        self.bundle = ModelBundle.load(artifacts)
        _let_models_answer()

    # Without type hints: MLflow would use them as the signature, which is declared when the model is logged.
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        """Return predictions; see `ModelBundle.predict`.

        Raises:
            MlflowException: If the request does not fit the schema.
        """
        return self._predict(model_input)

    def answer_request(self, body: bytes, content_type: str | None) -> scoring_server.InvocationsResponse:
        """Answer a request to MLflow's server.

        Args:
            body: Body of the request.
            content_type: Its header `Content-Type`.

        Raises:
            MlflowException: If the request cannot be read or does not fit the schema; the server answers with its
                message, and status 400.
        """
        try:
            request = parse_body(body, content_type)
        except ContentTypeError as error:
            return scoring_server.InvocationsResponse(" ".join(error.messages), 415, "text/plain")
        except SakonError as error:
            raise MlflowException.invalid_parameter_value(" ".join(error.messages)) from error
        text = io.StringIO()
        scoring_server.predictions_to_json(self._predict(request), text)
        return scoring_server.InvocationsResponse(text.getvalue(), 200, "application/json")

    def _predict(self, request: Request) -> pd.DataFrame:
        try:
            return self.bundle.predict(request)
        except SakonError as error:
            raise MlflowException.invalid_parameter_value(" ".join(error.messages)) from error
        except Exception as error:
            logging.getLogger("sakon").exception("A request could not be answered.")
            raise MlflowException(
                f"The model could not predict ({type(error).__name__}); compare the request with the input example of "
                f"the model.",
                error_code=INTERNAL_ERROR,
            ) from error


def _let_models_answer() -> None:
    """Let models of this project answer the requests to MLflow's server themselves; all other models are unaffected.

    The server has no extension point. It would read CSV only if every column had one type, turn a missing text in
    `inputs` into "None", and answer errors with a stack trace or with MLflow's words.
    """
    invocations = scoring_server.invocations
    if hasattr(invocations, ANSWER):
        return

    @wraps(invocations)
    def answer(data: bytes, content_type: str | None, model: Any, input_schema: Any) -> Any:
        try:
            answer_request = getattr(model.unwrap_python_model(), ANSWER)
        except (AttributeError, MlflowException):  # a model of another project
            return invocations(data, content_type, model, input_schema)
        return answer_request(data, content_type)

    setattr(answer, ANSWER, True)
    scoring_server.invocations = answer


mlflow.models.set_model(ServedModel())
