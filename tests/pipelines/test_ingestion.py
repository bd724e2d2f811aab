"""Rows without a target are counted, however the raw data name and type it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from sakon.pipelines.ingestion.nodes import make_records
from sakon.problem import Problem

LABELS = ["u", "v", "w"] * 10
TARGETS: dict[str, tuple[Any, int]] = {
    "complete": (LABELS, 0),
    "missing": ([None, *LABELS[1:]], 1),
    "blank": (["", " ", *LABELS[2:]], 2),
    "nullable numbers": (pd.array([None, *[0, 1, 2] * 10][:30], "Int64"), 1),
    "Arrow": (pd.array([None, None, *LABELS[2:]], "string[pyarrow]"), 2),
    "categories": (pd.Categorical([None, *LABELS[1:]], categories=["u", "v", "w", "unused"]), 1),
}


@pytest.mark.parametrize("column", ["y", " y "])
@pytest.mark.parametrize("name", TARGETS)
def test_rows_without_a_target_are_counted(name: str, column: str) -> None:
    values, missing = TARGETS[name]
    raw = pd.DataFrame({"x": np.arange(30.0) ** 2, column: values})
    records, schema, profile = make_records(raw, Problem.model_validate({"kind": "tabular", "target": "y"}))
    assert profile.rows_without_target == missing
    assert len(records) == 30 - missing
    assert len(schema.classes) == 3


def test_targets_of_arrays() -> None:
    raw = {"images": np.zeros((30, 8, 8)) + np.arange(30)[:, None, None], "y": np.array([[label] for label in LABELS])}
    profile = make_records(raw, Problem.model_validate({"kind": "image", "target": "y"}))[2]
    assert profile.rows_without_target == 0
