"""Settings of the tracking, the key `mlflow` of the parameters."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field

from sakon.problem import Frozen


class MlflowConfig(Frozen):
    """Where runs are recorded.

    Attributes:
        required: Stop if the server cannot be reached; otherwise train on and record nothing.
        tracking_uri: Address; when left out, the variable MLFLOW_TRACKING_URI, else a SQLite file in
            the project's root.
        timeout_seconds: Longest wait for a server at the start.
        system_metrics: Record use of processor and memory.
    """

    required: bool = True
    tracking_uri: str | None = None
    timeout_seconds: float = Field(5.0, gt=0)
    system_metrics: bool = True

    def uri(self, project: Path) -> str:
        """Return the address that holds for a project."""
        return self.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{project / 'mlflow.db'}"
