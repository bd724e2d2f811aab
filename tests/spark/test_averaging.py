"""The mean of the workers' answers, weighted by rows, and what the master makes of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sakon.spark.averaging import OuterOptimizer, averaged, totals


def variables(seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(3, 2)).astype(np.float32), np.array([seed, 7], np.uint32)]


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=5))
def test_equal_answers_average_to_themselves(rows: list[int]) -> None:
    found = averaged([variables(3)] * len(rows), rows)
    np.testing.assert_allclose(found[0], variables(3)[0], rtol=1e-6)
    np.testing.assert_array_equal(found[1], variables(3)[1])


def test_rows_weigh() -> None:
    answers = [[np.array([0.0], np.float32)], [np.array([1.0], np.float32)]]
    assert averaged(answers, [10, 990])[0] == pytest.approx(0.99)
    assert averaged(answers, [990, 10])[0] == pytest.approx(0.01)


def test_whole_numbers_are_those_of_the_first_answer() -> None:
    found = averaged([variables(1), variables(2)], [1, 100])
    np.testing.assert_array_equal(found[1], [1, 7])
    assert found[1].dtype == np.uint32


def test_one_answer_is_taken_bit_for_bit() -> None:
    values = [np.array([0.1, 1e-30], np.float32)]
    np.testing.assert_array_equal(averaged([values], [7])[0], values[0])


def test_sums_add_up() -> None:
    found = totals([[np.array([1.0, 2.0], np.float32)], [np.array([3.0, 4.0], np.float32)]])
    np.testing.assert_array_equal(found[0], [4, 6])


def begun(outer: OuterOptimizer, before: float, after: float) -> float:
    """Return where the round after this one begins."""
    outer.step([np.array([before], float)], [np.array([after], float)])
    return float(outer.start[0][0])


def test_without_momentum_a_round_begins_with_the_average() -> None:
    plain = OuterOptimizer()
    plain.step([np.array([1.0])], [np.array([3.0])])
    assert plain.start == plain.velocity == []


def test_momentum_goes_on_and_nesterov_looks_ahead() -> None:
    heavy = OuterOptimizer(learning_rate=0.5, momentum=0.9, nesterov=False)
    assert begun(heavy, 0, 1) == pytest.approx(0.5)
    assert begun(heavy, 0, 1) == pytest.approx(0.5 * 1.9)
    ahead = OuterOptimizer(learning_rate=0.5, momentum=0.9)
    assert begun(ahead, 0, 1) == pytest.approx(0.5 * 1.9)


def test_a_restored_optimizer_goes_on() -> None:
    whole, first, second = (OuterOptimizer(momentum=0.9) for _ in range(3))
    begun(whole, 0, 1), begun(first, 0, 1)
    second.restore(first.state())
    assert second.start == first.start
    assert begun(second, 2, 5) == begun(whole, 2, 5)
