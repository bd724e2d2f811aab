"""What a catalog entry declares under `metadata: mlflow:`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from sakon.problem import Frozen


class Tracked(Frozen):
    """How a dataset is recorded.

    Attributes:
        log: `metrics` (numbers of a dict; its texts become tags), `figure` (HTML), `artifact` (the file; a
            table with a column `epoch` also completes the run's curves), `model` (logged and registered),
            `decision` (moves the champion), `failure` (ends the run as
            failed, with its `reason`), each when it is saved; `dataset` (name, source and digest), when it
            is loaded by a run.
        run: Run that receives it; when left out, the namespace of the dataset's name.
        context: What a dataset is used for.
    """

    log: Literal["metrics", "figure", "artifact", "model", "dataset", "decision", "failure"]
    run: str | None = None
    context: str | None = None


def declared(dataset: Any) -> Tracked | None:
    """Return what a dataset declares, or `None`."""
    metadata = getattr(dataset, "metadata", None) or {}
    return Tracked.model_validate(metadata["mlflow"]) if "mlflow" in metadata else None


def path_of(dataset: Any) -> Path:
    """Return where a dataset's file lies."""
    return Path(str(dataset._filepath))
