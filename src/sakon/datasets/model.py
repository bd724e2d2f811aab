"""Trained models in a format without pickle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sakon.atomic import atomic_write
from sakon.datasets.base import FileDataset
from sakon.models.formats import FORMATS, format_for, load_model


class ModelDataset(FileDataset):
    """A trained model in one of `FORMATS`; `filepath` has no suffix, as the model determines its format."""

    @property
    def _filepath(self) -> Path:
        """Path of the file that exists, else that of the first format."""
        paths = [self._path.with_suffix(suffix) for suffix in FORMATS]
        return next((path for path in paths if path.exists()), paths[0])

    def _read(self, path: Path) -> Any:
        return load_model(path)

    def save(self, data: Any) -> None:
        """Write the model, then delete files of the same model in other formats."""
        model_format = format_for(data)
        with atomic_write(self._path.with_suffix(model_format.suffix)) as temporary:
            model_format.save(data, temporary)
        for suffix in FORMATS.keys() - {model_format.suffix}:
            self._path.with_suffix(suffix).unlink(missing_ok=True)
