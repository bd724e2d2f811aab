"""Digits as files that workers read."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from conftest import ROOT

from sakon.datasets.examples import ExamplesDataset
from sakon.problem import Examples, InputSpec, Problem

PROBLEM = Problem(kind="image", target="target")
SPEC = InputSpec(kind="image", task="classification", shape=(8, 8, 1), classes=tuple(range(10)))
TRAIN, VALIDATION = 1200, 297
SETTINGS: dict[str, Any] = {
    **yaml.safe_load((ROOT / "conf/base/spark.yml").read_text()),
    **yaml.safe_load((ROOT / "conf/test/spark.yml").read_text()),
}


def digits(seed: int | None = None) -> tuple[Examples, Examples, Examples]:
    """Return train, validation and test of the digits: as they lie, each of other writers, or drawn by a seed."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    row = np.arange(len(bunch.target)) if seed is None else np.random.default_rng(seed).permutation(len(bunch.target))
    x, y = (bunch.images[row, ..., None] / 16).astype(np.float32), bunch.target[row].astype(np.int32)
    ends = (0, TRAIN, TRAIN + VALIDATION, len(y))
    parts = [Examples(x[a:b], y[a:b], row[a:b]) for a, b in pairwise(ends)]
    return parts[0], parts[1], parts[2]


def write(part: Examples, path: Path) -> None:
    """Write a part as one file."""
    ExamplesDataset(filepath=str(path)).save(part)
