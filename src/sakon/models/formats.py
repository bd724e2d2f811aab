"""File formats of trained models. A format is one entry of `FORMATS`; no format runs code that a file brings along."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sakon.lazy import keras

PACKAGE = __name__.split(".", maxsplit=1)[0]
TRUSTED_TYPES = frozenset({"numpy.dtype", "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"})
"""Types that `.skops` files may hold besides those that skops trusts and those of this project."""


@dataclass(frozen=True)
class ModelFormat:
    """One way to store a trained model in a file.

    Attributes:
        suffix: Suffix of its files, with the dot.
        accepts: Whether it can store an object.
        save: Writes an object to a path.
        load: Reads a file; raises `ValueError` for content that is not trusted.
    """

    suffix: str
    accepts: Callable[[Any], bool]
    save: Callable[[Any, Path], None]
    load: Callable[[Path], Any]


def load_model(path: Path) -> Any:
    """Read a model in the format that its suffix names.

    Raises:
        ValueError: If the suffix names no format, or the file holds what is not trusted.
    """
    if path.suffix not in FORMATS:
        raise ValueError(f"{path}: expected a model file ({', '.join(FORMATS)}), found the suffix '{path.suffix}'.")
    return FORMATS[path.suffix].load(path)


def format_for(model: Any) -> ModelFormat:
    """Return the first format that can store a model."""
    return next(each for each in FORMATS.values() if each.accepts(model))


def load_skops(path: Path) -> Any:
    """Read a `.skops` file.

    Raises:
        ValueError: If the file holds a type that is not trusted; nothing of it has run then.
    """
    import skops.io

    own = {name for name in skops.io.get_untrusted_types(file=path) if name.startswith(f"{PACKAGE}.")}
    trusted = TRUSTED_TYPES | own
    untrusted = set(skops.io.get_untrusted_types(file=path)) - trusted
    if untrusted:
        raise ValueError(
            f"{path}: expected only types that Sakon trusts, found {sorted(untrusted)}; the file was written by "
            f"another version of Sakon, or was changed: train the family again."
        )
    return skops.io.load(path, trusted=sorted(trusted))


def save_skops(model: Any, path: Path) -> None:
    """Write a scikit-learn object as `.skops`."""
    import skops.io

    skops.io.dump(model, path, compression=zipfile.ZIP_DEFLATED)


def _load_keras(path: Path) -> Any:
    """Read a network in Keras' safe mode.

    Keras finds a registered class only after its module was imported, so the modules of this project that the
    file names are imported first.
    """
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
    for module in sorted(set(_own_modules(config))):
        import_module(module)
    return keras.models.load_model(path, safe_mode=True, compile=False)


def _own_modules(config: Any) -> Iterator[str]:
    """Yield the modules of this project that the configuration of a network names, however deep."""
    if isinstance(config, dict):
        module = config.get("module")
        if isinstance(module, str) and module.startswith(f"{PACKAGE}."):
            yield module
        config = list(config.values())
    if isinstance(config, list):
        for each in config:
            yield from _own_modules(each)


def _save_keras(model: Any, path: Path) -> None:
    model.save(path)


FORMATS: Mapping[str, ModelFormat] = MappingProxyType(
    {
        each.suffix: each
        for each in (
            ModelFormat(".keras", lambda model: isinstance(model, keras.Model), _save_keras, _load_keras),
            ModelFormat(".skops", lambda model: not isinstance(model, keras.Model), save_skops, load_skops),
        )
    }
)
"""By suffix; the first that accepts a model stores it."""
