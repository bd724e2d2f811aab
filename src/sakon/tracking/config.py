"""Parameters of the tracking, the key `mlflow`."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field

from sakon.problem import Frozen


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

    def uri(self, project: Path) -> str:
        """Return the address of a project's store."""
        return self.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{project / 'mlflow.db'}"
