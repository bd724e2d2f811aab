"""Validators of datasets: leaderboard, records, examples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from sakon.pipelines.evaluation.nodes import LEADERBOARD, check_leaderboard
from sakon.pipelines.ingestion.nodes import check_records
from sakon.pipelines.preprocessing.nodes import check_examples
from sakon.problem import Examples

ROW = dict.fromkeys(LEADERBOARD) | {"family": "mlp", "status": "trained", "verdict": "better"}


def leaderboard(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([ROW | row for row in rows], columns=LEADERBOARD)


def test_a_valid_leaderboard_is_accepted() -> None:
    check_leaderboard(leaderboard({}, {"family": "cnn", "status": "not trained", "verdict": None}))
    with pytest.raises(ValueError, match="expected the columns"):
        check_leaderboard(leaderboard({}).drop(columns="value"))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"status": "done"}], "status to be one of"),
        ([{"verdict": "great"}], "verdict to be one of"),
        ([{}, {}], "one row per family"),
    ],
)
def test_invalid_leaderboards_are_refused(rows: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_leaderboard(leaderboard(*rows))


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (pd.DataFrame({"a": []}), "expected rows"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), r"\['a'\] twice"),
        (pd.DataFrame({"a": [1.0, np.inf]}), r"infinity in \['a'\]"),
    ],
)
def test_invalid_records_are_refused(records: pd.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_records(records)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_examples_that_are_empty_or_not_finite_are_refused(value: float) -> None:
    x, y, row = np.zeros((3, 2), dtype=np.float32), np.zeros(3, dtype=np.float32), np.arange(10, 13)
    check_examples(Examples(x=x, y=y, row=row))
    x[1, 0] = value
    with pytest.raises(ValueError, match="in 1 of 3 examples, the first being record 11"):
        check_examples(Examples(x=x, y=y, row=row))
    with pytest.raises(ValueError, match="found none"):
        check_examples(Examples(x=x[:0], y=y[:0], row=row[:0]))
