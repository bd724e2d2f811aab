"""Parameters of the tracking, the key `mlflow`."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field

from sakon.problem import Frozen
from sakon.tracking.address import StoreAddress, parse_address, sqlite_address

VARIABLE = "MLFLOW_TRACKING_URI"


class MlflowConfig(Frozen):
    """Where runs are recorded.

    Attributes:
        required: Whether the run stops if the store cannot be used; otherwise it continues and records nothing.
        tracking_uri: Address of the store; if left out, the variable MLFLOW_TRACKING_URI, else a SQLite file in the
            project's root.
        timeout_seconds: Maximum wait for a server at the start.
        system_metrics: Whether use of processor and memory is recorded.
    """

    required: bool = True
    tracking_uri: str | None = None
    timeout_seconds: float = Field(5.0, gt=0)
    system_metrics: bool = True

    def address(self, project: Path) -> StoreAddress:
        """Return the address of a project's store.

        A relative path starts from the project in the parameters, and from the working directory in the variable.

        Raises:
            TrackingError: If it is the address of no store that MLflow can use.
        """
        if self.tracking_uri:
            return parse_address(self.tracking_uri, project, "mlflow.tracking_uri")
        if variable := os.environ.get(VARIABLE):
            return parse_address(variable, Path.cwd(), VARIABLE)
        return sqlite_address(project.absolute() / "mlflow.db")
