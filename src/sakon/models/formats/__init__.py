"""File formats of trained models, one module each. Loading a model never runs code from its file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sakon.errors import ModelError
from sakon.lazy import TrainedModel
from sakon.models.formats import keras_format, skops_format
from sakon.models.formats.base import ModelFormat, digest_bytes
from sakon.models.formats.skops_format import load_skops, save_skops

__all__ = [
    "FORMATS",
    "ModelFormat",
    "digest_bytes",
    "format_for",
    "load_model",
    "load_skops",
    "save_skops",
]

FORMATS: Mapping[str, ModelFormat] = {each.suffix: each for each in (keras_format.FORMAT, skops_format.FORMAT)}
"""All formats by suffix. The first that accepts a model stores it."""


def load_model(path: Path) -> TrainedModel:
    """Read a model in the format of its suffix.

    Raises:
        ModelError: If no format has this suffix, or the file contains types that are not trusted.
    """
    if path.suffix not in FORMATS:
        raise ModelError(
            f"{path}: expected a model file ({', '.join(FORMATS)}), found the suffix '{path.suffix}'; train the family "
            f"again."
        )
    return FORMATS[path.suffix].load(path)


def format_for(model: object) -> ModelFormat:
    """Return the first format that can store a model.

    Raises:
        ModelError: If no format can store it.
    """
    model_format = next((each for each in FORMATS.values() if each.accepts(model)), None)
    if model_format is None:
        raise ModelError(
            f"Model of type {type(model).__module__}.{type(model).__qualname__}: expected a Keras or scikit-learn "
            f"model, found a type that no format can store ({', '.join(FORMATS)}); add one to sakon.models.formats."
        )
    return model_format
