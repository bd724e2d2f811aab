"""Inputs and predictions that are no numbers, and names of columns in predictions."""

from __future__ import annotations

import numpy as np
import pytest

from sakon.errors import DataError
from sakon.models.predictions import check_finite_inputs, check_finite_outputs, output_names
from sakon.problem import InputSpec

SPEC = InputSpec(kind="tabular", task="regression", shape=(2,), features=("age", "income"))


def test_inputs_too_large_for_a_model_are_named() -> None:
    x = np.zeros((4, 2), np.float32)
    check_finite_inputs(x, SPEC)
    x[2, 1] = np.inf
    with pytest.raises(DataError, match=r"found NaN or infinity in 'income' of row 2 \(from 0\)"):
        check_finite_inputs(x, SPEC)
    with pytest.raises(DataError, match=r"'age', 'income' of rows 0, 1, 2, 3 \(from 0\)"):
        check_finite_inputs(np.full((4, 2), np.nan), SPEC)


def test_tokens_are_finite() -> None:
    check_finite_inputs(np.ones((3, 7), np.int32), SPEC)


def test_predictions_that_are_no_numbers_are_refused() -> None:
    check_finite_outputs(np.zeros((3, 1)))
    with pytest.raises(DataError, match=r"found NaN or infinity for rows 0, 1, 2, 3, 4 and 5 more"):
        check_finite_outputs(np.full((10, 2), np.nan))


def test_names_of_users_columns_stay_unique() -> None:
    assert output_names(["row", "raw_row", "x"], {"row"}) == ["raw_raw_row", "raw_row", "x"]
    assert output_names(["a", "b"], {"row"}) == ["a", "b"]
