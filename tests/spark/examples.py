"""Digits as files that workers read, and tables of Spark."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import yaml
from conftest import ROOT

from sakon.datasets.examples import ExamplesDataset
from sakon.problem import Examples, InputSpec, Problem, SplitConfig

PROBLEM = Problem(kind="image", target="target")
SPEC = InputSpec(kind="image", task="classification", shape=(8, 8, 1), classes=tuple(range(10)))
TRAIN, VALIDATION = 1200, 297
SETTINGS: dict[str, Any] = {
    **yaml.safe_load((ROOT / "conf/base/spark.yml").read_text()),
    **yaml.safe_load((ROOT / "conf/test/spark.yml").read_text()),
}


def digits(seed: int | None = None) -> tuple[Examples, Examples, Examples]:
    """Return train, validation and test of the digits: in their own order (by writer), or shuffled by a seed."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    row = np.arange(len(bunch.target)) if seed is None else np.random.default_rng(seed).permutation(len(bunch.target))
    x, y = (bunch.images[row, ..., None] / 16).astype(np.float32), bunch.target[row].astype(np.int32)
    ends = (0, TRAIN, TRAIN + VALIDATION, len(y))
    splits = [Examples(x[a:b], y[a:b], row[a:b]) for a, b in pairwise(ends)]
    return splits[0], splits[1], splits[2]


def write(examples: Examples, path: Path) -> None:
    """Write examples as one file."""
    ExamplesDataset(filepath=str(path)).save(examples)


def tabular_problem(seed: int = 0, **split: object) -> Problem:
    """Return a problem with the target `y`, and with options of its split."""
    return Problem(kind="tabular", target="y", seed=seed, split=SplitConfig.model_validate(split))


def to_spark(spark: Any, table: pd.DataFrame) -> Any:
    """Return a pandas table as a table of Spark."""
    return spark.createDataFrame(pa.Table.from_pandas(table, preserve_index=False))
