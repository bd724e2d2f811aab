"""Intervals that cover what they promise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sakon.metrics.conformal import half_width

ERRORS = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=60)
LEVELS = st.floats(0.05, 0.99)


def covered(errors, level):
    """Take each error in turn for the new one: exchangeable errors are covered as often as this on average."""
    others = [np.delete(errors, number) for number in range(len(errors))]
    return np.mean([abs(error) <= half_width(rest, level) for error, rest in zip(errors, others, strict=True)])


@settings(deadline=None)
@given(ERRORS, LEVELS)
def test_exchangeable_errors_are_covered_at_least_as_often_as_promised(errors, level):
    assert covered(np.array(errors), level) >= level - 1e-9


@settings(deadline=None)
@given(st.integers(2, 60), LEVELS, st.randoms(use_true_random=False))
def test_errors_that_do_not_tie_are_hardly_covered_more_often(rows, level, random):
    errors = np.arange(1.0, rows + 1)
    random.shuffle(errors)
    assert covered(errors, level) <= level + 1 / rows + 1e-9


def test_coverage_of_a_wrong_model_of_skewed_data():
    rng = np.random.default_rng(0)
    inside = []
    for _ in range(2000):
        actual = rng.exponential(size=40)  # predicted as 5, far off
        width = half_width(actual[:-1] - 5, 0.9)
        inside.append(abs(actual[-1] - 5) <= width)
    assert np.mean(inside) == pytest.approx(0.9, abs=0.02)


def test_nineteen_rows_are_the_fewest_for_95_percent():
    assert half_width(np.arange(19.0), 0.95) == 18
    assert half_width(np.arange(18.0), 0.95) == np.inf
    assert half_width(np.empty(0), 0.5) == np.inf


def test_steps_have_widths_of_their_own():
    errors = np.stack([np.arange(99.0), -10 * np.arange(99.0)], axis=1)
    np.testing.assert_array_equal(half_width(errors, 0.9), [89, 890])
    assert half_width(errors[:3], 0.9).tolist() == [np.inf, np.inf]


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_that_is_no_fraction_is_refused(level):
    with pytest.raises(ValueError, match=f"between 0 and 1, found {level}"):
        half_width(np.ones(3), level)
