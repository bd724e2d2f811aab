"""Metrics of predicted probabilities, computed by hand."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from sakon.metrics import METRICS

TARGETS = np.array([0, 0, 1, 2, 2, 2])
PROBABILITIES = np.array(
    [[0.7, 0.2, 0.1], [0.4, 0.5, 0.1], [0.2, 0.7, 0.1], [0.1, 0.1, 0.8], [0.3, 0.1, 0.6], [0.5, 0.1, 0.4]]
)  # predicted: 0, 1, 1, 2, 2, 0
TWO_TARGETS = np.array([0, 0, 0, 1, 1])
TWO_PROBABILITIES = np.array([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3], [0.2, 0.8], [0.8, 0.2]])
EPSILON = float(np.finfo(np.float32).eps)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accuracy", 4 / 6),
        ("balanced_accuracy", (1 / 2 + 1 / 1 + 2 / 3) / 3),
        ("f1_macro", (2 / 4 + 2 / 3 + 4 / 5) / 3),
        ("log_loss", -(log(0.7) + log(0.4) + log(0.7) + log(0.8) + log(0.6) + log(0.4)) / 6),
        ("roc_auc", (7 / 8 + 5 / 5 + 9 / 9) / 3),
        ("pr_auc", ((1 / 1 + 2 / 3) / 2 + 1 / 1 + 1 / 1) / 3),
        # confidence 0.5: one error, one error; 0.6 and 0.8: correct; 0.7: twice correct
        ("expected_calibration_error", (2 * 0.5 + 0.4 + 0.2 + 2 * 0.3) / 6),
    ],
)
def test_values_of_three_classes(name: str, value: float) -> None:
    assert METRICS[name](TARGETS, PROBABILITIES) == pytest.approx(value)


@pytest.mark.parametrize(
    ("name", "of_class_0", "of_class_1"),
    [
        ("f1", 4 / 6, 2 / 4),  # predicted: 0, 1, 0, 1, 0
        ("roc_auc", 4 / 6, 4 / 6),
        ("pr_auc", (1 / 1 + 2 / 3 + 3 / 4) / 3, (1 / 1 + 2 / 4) / 2),
        ("accuracy", 3 / 5, 3 / 5),
    ],
)
def test_values_of_two_classes_by_positive_class(name: str, of_class_0: float, of_class_1: float) -> None:
    values = [METRICS[name](TWO_TARGETS, TWO_PROBABILITIES, positive) for positive in (0, 1, None)]
    assert values == pytest.approx([of_class_0, of_class_1, of_class_1])


@pytest.mark.parametrize("name", ["roc_auc", "pr_auc"])
def test_areas_rank_by_the_column_of_the_positive_class(name: str) -> None:
    scores = np.array([[0.9, 0.2], [0.8, 0.1]])  # need not add up to 1
    lowest = 0 if name == "roc_auc" else 1 / 2
    assert [METRICS[name](np.array([0, 1]), scores, positive) for positive in (0, 1)] == [1, lowest]


def test_log_loss_is_clipped_on_both_sides() -> None:
    certain = np.array([[1.0, 0.0]])
    assert METRICS["log_loss"](np.array([1]), certain) == -log(EPSILON)
    assert METRICS["log_loss"](np.array([0]), certain) == pytest.approx(-log(1 - EPSILON), rel=1e-12)


def test_calibration_error_is_summed_within_ten_bins() -> None:
    confidence = np.array([0.55, 0.58, 0.6, 0.61, 0.7])  # two bins; an upper edge belongs to its bin
    probabilities = np.stack([confidence, 1 - confidence], axis=1)
    targets = np.array([0, 0, 1, 0, 1])
    expected = (abs(2 - 1.73) + abs(1 - 1.31)) / 5
    assert METRICS["expected_calibration_error"](targets, probabilities) == pytest.approx(expected)


@pytest.mark.parametrize("name", [name for name in METRICS if "classification" in METRICS[name].tasks])
def test_values_of_single_precision_are_computed_in_double(name: str) -> None:
    rng = np.random.default_rng(0)
    classes = 2 if METRICS[name].binary_only else 4
    targets = rng.integers(classes, size=200)
    probabilities = rng.dirichlet([1] * classes, size=200).astype(np.float32)
    expected = METRICS[name](targets, probabilities.astype(np.float64))
    assert METRICS[name](targets, probabilities) == pytest.approx(expected, rel=1e-13)
