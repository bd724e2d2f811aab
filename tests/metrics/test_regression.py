"""Metrics of predicted numbers, computed by hand."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from sakon.metrics import METRICS

TARGETS, PREDICTIONS = np.array([1.0, 2, 3, 6]), np.array([1.0, 3, 1, 7])


@pytest.mark.parametrize(
    ("name", "value"),
    [("mae", 1.0), ("rmse", sqrt(6 / 4)), ("r2", 1 - 6 / 14), ("smape", (0 + 2 / 5 + 4 / 4 + 2 / 13) / 4)],
)
def test_values_computed_by_hand(name: str, value: float) -> None:
    assert METRICS[name](TARGETS, PREDICTIONS) == pytest.approx(value)
    assert METRICS[name](-TARGETS, -PREDICTIONS) == pytest.approx(value)


@pytest.mark.parametrize(
    ("target", "prediction", "value"), [(0.0, 0.0, 0.0), (0.0, 3.0, 2.0), (-2.0, 2.0, 2.0), (0.1, 0.3, 1.0)]
)
def test_smape_of_one_row(target: float, prediction: float, value: float) -> None:
    for pair in ((target, prediction), (prediction, target)):
        assert METRICS["smape"](*np.array(pair)[:, None]) == pytest.approx(value, rel=1e-12)


def test_rows_count_as_often_as_they_are_drawn() -> None:
    counts = np.array([[0.0, 1, 1, 0], [0, 2, 0, 2]])  # targets 2, 3 and 2, 2, 6, 6
    expected = {"mae": [1.5, 1], "rmse": [sqrt(2.5), 1], "r2": [1 - 5 / 0.5, 1 - 4 / 16]}
    for name, values in expected.items():
        assert METRICS[name].statistic(TARGETS, PREDICTIONS)(counts) == pytest.approx(values)


@pytest.mark.parametrize("precision", [np.uint8, np.float32])
@pytest.mark.parametrize("name", ["mae", "rmse", "r2", "smape"])
def test_values_are_computed_in_double_precision(name: str, precision: type) -> None:
    rng = np.random.default_rng(0)
    targets, predictions = (rng.uniform(0, 255, size=100).astype(precision) for _ in range(2))
    expected = METRICS[name](targets.astype(np.float64), predictions.astype(np.float64))
    assert METRICS[name](targets, predictions) == pytest.approx(expected, rel=1e-13)


def test_r2_of_a_resample_far_from_the_mean() -> None:
    statistic = METRICS["r2"].statistic(np.array([0.0, 1, 1000]), np.array([0.0, 0, 1000]), None)
    assert statistic(np.array([[1.0, 1, 0]])) == pytest.approx([1 - 1 / 0.5])


def test_r2_of_targets_far_from_zero() -> None:
    assert METRICS["r2"](TARGETS + 1e8, PREDICTIONS + 1e8) == pytest.approx(1 - 6 / 14)
