"""Reliability and the expected calibration error."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sakon.metrics import METRICS, expected_calibration_error, reliability


def of_confidence(confidence):
    """Answer class 0 of two with the given confidences."""
    confidence = np.asarray(confidence)
    return np.stack([confidence, 1 - confidence], axis=1)


def test_error_by_hand():
    probabilities = of_confidence([0.95, 0.95, 0.95, 0.65, 0.65])
    actual = np.array([0, 0, 1, 0, 1])
    # 3/5 |2/3 − 0.95| + 2/5 |1/2 − 0.65|
    assert expected_calibration_error(actual, probabilities) == pytest.approx(0.17 + 0.06)


def test_reliability_by_hand():
    curve = reliability(np.array([0, 0, 1, 0, 1]), of_confidence([0.96, 0.95, 0.94, 0.6, 0.58]), bins=5)
    assert curve.count.tolist() == [0, 0, 2, 0, 3]
    assert curve.confidence == pytest.approx([np.nan, np.nan, 0.59, np.nan, 0.95], nan_ok=True)
    assert curve.accuracy == pytest.approx([np.nan, np.nan, 1 / 2, np.nan, 2 / 3], nan_ok=True)


def test_a_bin_holds_its_upper_edge():
    curve = reliability(np.array([0, 0]), of_confidence([0.75, 1.0]), bins=4)
    assert curve.count.tolist() == [0, 0, 1, 1]


def test_two_bins_may_hide_what_ten_show():
    probabilities = of_confidence([0.95, 0.55])
    actual = np.array([1, 0])
    assert expected_calibration_error(actual, probabilities, bins=2) == pytest.approx(0.25)
    assert expected_calibration_error(actual, probabilities, bins=10) == pytest.approx((0.95 + 0.45) / 2)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(2, 5))
def test_the_metric_and_the_diagram_agree(seed, rows, classes):
    generator = np.random.default_rng(seed)
    probabilities = generator.dirichlet(np.ones(classes), size=rows)
    actual = generator.integers(0, classes, size=rows)
    error = expected_calibration_error(actual, probabilities)
    assert METRICS["expected_calibration_error"](actual, probabilities) == pytest.approx(error)
    assert reliability(actual, probabilities).count.sum() == rows
    assert 0 <= error <= 1


@pytest.mark.filterwarnings("error")
def test_no_rows_and_no_bins():
    assert np.isnan(expected_calibration_error(np.zeros(0, dtype=int), np.zeros((0, 3))))
    with pytest.raises(ValueError, match="at least 1 bin, found 0"):
        reliability(np.array([0]), np.eye(2)[:1], bins=0)
