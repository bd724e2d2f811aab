"""What a catalog entry declares under `metadata: mlflow:`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sakon.problem import Frozen

if TYPE_CHECKING:
    from kedro.io import AbstractDataset


class MlflowMetadata(Frozen):
    """How a dataset is recorded.

    Attributes:
        log: What happens when the dataset is saved: `metrics` (the metrics and tags of a `Result`, or a dict of
            numbers), `figure` (as HTML), `artifact` (the file; a table with a column `epoch` also completes the run's
            curves), `model` (is logged and registered), `decision` (moves the alias `champion`), `failure` (ends the
            run as failed, with its `reason`). `dataset` (name, source and digest) is recorded when it is loaded.
        run: Run that receives it; if left out, that of the namespace in the dataset's name.
        context: Use of a dataset, such as `training`.
    """

    log: Literal["metrics", "figure", "artifact", "model", "dataset", "decision", "failure"]
    run: str | None = None
    context: str | None = None


def mlflow_metadata(dataset: AbstractDataset[Any, Any] | None) -> MlflowMetadata | None:
    """Return what a dataset declares, or `None`."""
    metadata = getattr(dataset, "metadata", None) or {}
    return MlflowMetadata.model_validate(metadata["mlflow"]) if "mlflow" in metadata else None


def file_path(dataset: AbstractDataset[Any, Any] | None) -> Path:
    """Return the path of a dataset's file.

    Raises:
        TypeError: If it has none.
    """
    path = getattr(dataset, "_filepath", None)  # the convention of all file datasets of Kedro
    if path is None:
        raise TypeError(f"expected a dataset with a file, found {dataset}.")
    return Path(str(path))
