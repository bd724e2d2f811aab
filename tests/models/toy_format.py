"""A third model format, as a library other than Keras and scikit-learn would need it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from sakon.models.formats import FORMATS, ModelFormat


@dataclass(frozen=True)
class ConstantModel:
    """Predicts the same class probabilities for every example."""

    probabilities: list[float]


def save(model: ConstantModel, path: Path) -> None:
    path.write_text(json.dumps(model.probabilities))


def load(path: Path) -> ConstantModel:
    return ConstantModel(json.loads(path.read_text()))


def outputs(model: ConstantModel, x: np.ndarray) -> np.ndarray:
    return np.tile(np.array(model.probabilities), (len(x), 1))


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add the format for the time of a test."""
    toy = ModelFormat(".toy", lambda model: isinstance(model, ConstantModel), save, load, outputs)
    monkeypatch.setitem(FORMATS, ".toy", toy)  # type: ignore[arg-type]
