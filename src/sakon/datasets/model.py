"""Trained models in a format without pickle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sakon.atomic import atomic_write
from sakon.datasets.base import FileDataset
from sakon.models.formats import FORMATS, format_for, load_model


class ModelDataset(FileDataset):
    """A trained model in one of `FORMATS`; `filepath` has no suffix, as the model determines its format.

    Several nodes read the same model, and to load a network takes longer than most of them. A loaded model is kept
    until Kedro releases the dataset, or until its file changes.
    """

    content = "model"
    remedy = "train the family again"

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._loaded: tuple[tuple[Path, int, int], Any] | None = None

    @property
    def _filepath(self) -> Path:
        """Path of the file that exists, else that of the first format."""
        paths = [self._path.with_suffix(suffix) for suffix in FORMATS]
        return next((path for path in paths if path.exists()), paths[0])

    def _read(self, path: Path) -> Any:
        status = path.stat()
        version = (path, status.st_mtime_ns, status.st_ino)
        if self._loaded is None or self._loaded[0] != version:
            self._loaded = (version, load_model(path))
        return self._loaded[1]

    def _release(self) -> None:
        self._loaded = None

    def save(self, data: Any) -> None:
        """Write the model, then delete files of the same model in other formats."""
        self._loaded = None
        model_format = format_for(data)
        with atomic_write(self._path.with_suffix(model_format.suffix)) as temporary:
            model_format.save(data, temporary)
        for suffix in FORMATS.keys() - {model_format.suffix}:
            self._path.with_suffix(suffix).unlink(missing_ok=True)
