"""Trained models, stored without pickle: Keras networks as `.keras`, scikit-learn's as `.skops`."""

from __future__ import annotations

import re
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Any

from sakon.datasets import skops
from sakon.datasets.atomic import WholeFileDataset, replacing
from sakon.lazy import keras

SUFFIXES = (".keras", ".skops")
OWN_LAYERS = re.compile(rb'"module": "(sakon\.(?:families|pipelines\.\w+)\.\w+)"')


def load(path: Path) -> Any:
    """Read a model; nothing that a file brings along is run.

    A network's own layers are known to Keras once their module is imported; only modules of this
    project are.

    Args:
        path: A `.keras` or `.skops` file.
    """
    if path.suffix == ".skops":
        return skops.load(path)
    with zipfile.ZipFile(path) as archive:
        modules = set(OWN_LAYERS.findall(archive.read("config.json")))
    for module in sorted(modules):
        import_module(module.decode())
    return keras.models.load_model(path, safe_mode=True, compile=False)


class ModelDataset(WholeFileDataset):
    """A trained model of Keras or scikit-learn; `filepath` has no suffix, which follows from the model."""

    @property
    def _filepath(self) -> Path:
        """Path of the file that is there; of the one that a network would get if none is."""
        paths = [self._declared.with_suffix(suffix) for suffix in SUFFIXES]
        return next((path for path in paths if path.exists()), paths[0])

    def _read(self, path: Path) -> Any:
        return load(path)

    def save(self, data: Any) -> None:
        """Write the model; one of the other library is removed once this one is whole."""
        suffix, other = SUFFIXES if isinstance(data, keras.Model) else SUFFIXES[::-1]
        with replacing(self._declared.with_suffix(suffix)) as partial:
            if suffix == ".keras":
                data.save(partial)
            else:
                skops.dump(data, partial)
        self._declared.with_suffix(other).unlink(missing_ok=True)
