"""Reliability and the expected calibration error."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sakon.metrics import METRICS, expected_calibration_error, reliability


def probabilities_of(confidence):
    """Return probabilities of two classes that predict class 0 with the given confidences."""
    confidence = np.asarray(confidence)
    return np.stack([confidence, 1 - confidence], axis=1)


def test_error_computed_by_hand():
    probabilities = probabilities_of([0.95, 0.95, 0.95, 0.65, 0.65])
    targets = np.array([0, 0, 1, 0, 1])
    # 3/5 |2/3 − 0.95| + 2/5 |1/2 − 0.65|
    assert expected_calibration_error(targets, probabilities) == pytest.approx(0.17 + 0.06)


def test_reliability_computed_by_hand():
    curve = reliability(np.array([0, 0, 1, 0, 1]), probabilities_of([0.96, 0.95, 0.94, 0.6, 0.58]), bins=5)
    assert curve.count.tolist() == [0, 0, 2, 0, 3]
    assert curve.confidence == pytest.approx([np.nan, np.nan, 0.59, np.nan, 0.95], nan_ok=True)
    assert curve.accuracy == pytest.approx([np.nan, np.nan, 1 / 2, np.nan, 2 / 3], nan_ok=True)


def test_reliability_of_single_precision_is_computed_in_double():
    probabilities = probabilities_of(np.random.default_rng(0).uniform(0.5, 1, size=500)).astype(np.float32)
    targets = np.arange(500) % 2
    curve, expected = reliability(targets, probabilities), reliability(targets, probabilities.astype(np.float64))
    np.testing.assert_array_equal(curve.confidence, expected.confidence)
    assert curve.expected_calibration_error == expected.expected_calibration_error


def test_a_bin_includes_its_upper_edge():
    curve = reliability(np.array([0, 0]), probabilities_of([0.75, 1.0]), bins=4)
    assert curve.count.tolist() == [0, 0, 1, 1]


def test_more_bins_detect_larger_errors():
    probabilities = probabilities_of([0.95, 0.55])
    targets = np.array([1, 0])
    assert expected_calibration_error(targets, probabilities, bins=2) == pytest.approx(0.25)
    assert expected_calibration_error(targets, probabilities, bins=10) == pytest.approx((0.95 + 0.45) / 2)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(2, 5))
def test_metric_equals_the_error_of_the_diagram(seed, rows, classes):
    generator = np.random.default_rng(seed)
    probabilities = generator.dirichlet(np.ones(classes), size=rows)
    targets = generator.integers(0, classes, size=rows)
    error = expected_calibration_error(targets, probabilities)
    assert METRICS["expected_calibration_error"](targets, probabilities) == pytest.approx(error)
    assert reliability(targets, probabilities).count.sum() == rows
    assert 0 <= error <= 1


@pytest.mark.filterwarnings("error")
def test_no_rows_and_no_bins():
    assert np.isnan(expected_calibration_error(np.zeros(0, dtype=int), np.zeros((0, 3))))
    with pytest.raises(ValueError, match="at least 1 bin, found 0"):
        reliability(np.array([0]), np.eye(2)[:1], bins=0)


def test_one_bin_holds_all_rows_and_ten_are_the_default():
    targets, probabilities = np.array([0, 0, 1]), probabilities_of([0.9, 0.6, 0.6])
    curve = reliability(targets, probabilities, bins=1)
    assert curve.count.tolist() == [3]
    assert curve.confidence[0] == pytest.approx(0.7)
    assert curve.accuracy[0] == pytest.approx(2 / 3)
    assert len(reliability(targets, probabilities).count) == 10
    assert expected_calibration_error(targets, probabilities, bins=1) == pytest.approx(0.7 - 2 / 3)
