"""Coverage of conformal prediction intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sakon.metrics.conformal import half_width

ERRORS = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=60)
LEVELS = st.floats(0.05, 0.99)


def leave_one_out_coverage(errors, level):
    """Return how often an error is within the interval of the others: the expected coverage of exchangeable errors."""
    others = [np.delete(errors, number) for number in range(len(errors))]
    return np.mean([abs(error) <= half_width(rest, level) for error, rest in zip(errors, others, strict=True)])


@given(ERRORS, LEVELS)
def test_coverage_is_at_least_the_level(errors, level):
    assert leave_one_out_coverage(np.array(errors), level) >= level - 1e-9


@given(st.integers(2, 60), LEVELS, st.randoms(use_true_random=False))
def test_coverage_without_ties_is_at_most_the_level_plus_one_row(rows, level, random):
    errors = np.arange(1.0, rows + 1)
    random.shuffle(errors)
    assert leave_one_out_coverage(errors, level) <= level + 1 / rows + 1e-9


def test_coverage_of_a_biased_model_on_skewed_data():
    rng = np.random.default_rng(0)
    inside = []
    for _ in range(2000):
        targets = rng.exponential(size=40)  # the prediction is always 5
        width = half_width(targets[:-1] - 5, 0.9)
        inside.append(abs(targets[-1] - 5) <= width)
    assert np.mean(inside) == pytest.approx(0.9, abs=0.02)


def test_95_percent_needs_19_rows():
    assert half_width(np.arange(19.0), 0.95) == 18
    assert half_width(np.arange(18.0), 0.95) == np.inf
    assert half_width(np.empty(0), 0.5) == np.inf


def test_each_step_has_its_own_width():
    errors = np.stack([np.arange(99.0), -10 * np.arange(99.0)], axis=1)
    np.testing.assert_array_equal(half_width(errors, 0.9), [89, 890])
    assert half_width(errors[:3], 0.9).tolist() == [np.inf, np.inf]


@pytest.mark.parametrize("rows", [5, 100, 1000, 1999])
@pytest.mark.parametrize("percent", [5, 50, 90, 99])
def test_width_is_one_of_the_sorted_errors(rows, percent):
    errors, level = np.random.default_rng(rows).normal(size=(rows, 3)), percent / 100
    rank = -(-(rows + 1) * percent // 100)
    expected = np.sort(np.abs(errors), axis=0)[rank - 1] if rank <= rows else np.full(3, np.inf)
    np.testing.assert_array_equal(half_width(errors, level), expected)


@pytest.mark.parametrize("level", [0.55, np.float64(0.55)])
def test_rank_is_computed_without_rounding_errors(level):
    errors = np.arange(1.0, 100)
    assert 100 * level > 55
    assert half_width(errors, level) == 55
    assert half_width(errors, 0.55 + 1e-12) == 56


@pytest.mark.parametrize("level", [-0.5, 0, 1, 95])
def test_level_outside_0_and_1_raises(level):
    with pytest.raises(ValueError, match=f"between 0 and 1, found {level}"):
        half_width(np.ones(3), level)
