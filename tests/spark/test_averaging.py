"""The weighted mean of the workers' variables, and the outer optimizer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sakon.spark.averaging import OuterOptimizer, sum_over_workers, weighted_mean


def random_variables(seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(3, 2)).astype(np.float32), np.array([seed, 7], np.uint32)]


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=5))
def test_mean_of_equal_variables_is_the_same(rows: list[int]) -> None:
    mean = weighted_mean([random_variables(3)] * len(rows), rows)
    np.testing.assert_allclose(mean[0], random_variables(3)[0], rtol=1e-6)
    np.testing.assert_array_equal(mean[1], random_variables(3)[1])


def test_mean_is_weighted_by_rows() -> None:
    variables = [[np.array([0.0], np.float32)], [np.array([1.0], np.float32)]]
    assert weighted_mean(variables, [10, 990])[0] == pytest.approx(0.99)
    assert weighted_mean(variables, [990, 10])[0] == pytest.approx(0.01)


def test_integers_are_those_of_the_first_worker() -> None:
    mean = weighted_mean([random_variables(1), random_variables(2)], [1, 100])
    np.testing.assert_array_equal(mean[1], [1, 7])
    assert mean[1].dtype == np.uint32


def test_variables_of_one_worker_are_unchanged_to_the_bit() -> None:
    values = [np.array([0.1, 1e-30, -0.0], np.float32)]
    assert weighted_mean([values], [7])[0].tobytes() == values[0].tobytes()


def test_sums_over_workers() -> None:
    total = sum_over_workers([[np.array([1.0, 2.0], np.float32)], [np.array([3.0, 4.0], np.float32)]])
    np.testing.assert_array_equal(total[0], [4, 6])
    assert total[0].dtype == np.float32


def test_workers_must_have_the_same_variables() -> None:
    one, two = [np.ones(2)], [np.ones(2), np.ones(3)]
    for variables, rows in (([one, two], [1, 1]), ([one, one], [1, 1, 1])):
        with pytest.raises(ValueError, match="zip"):
            weighted_mean(variables, rows)
    with pytest.raises(ValueError, match="zip"):
        sum_over_workers([one, two])
    with pytest.raises(ValueError, match="zip"):
        OuterOptimizer(momentum=0.5).step(one, two)
    with pytest.raises(ValueError, match="zip"):
        OuterOptimizer(momentum=0.5, velocity=one).step(two, two)


def next_start(outer: OuterOptimizer, before: float, after: float) -> float:
    """Return where the next round starts."""
    outer.step([np.array([before], float)], [np.array([after], float)])
    return float(outer.next_start[0][0])


def test_without_momentum_the_next_round_starts_from_the_average() -> None:
    outer = OuterOptimizer()
    outer.step([np.array([1.0])], [np.array([3.0])])
    assert outer.next_start == outer.velocity == []


def test_momentum_with_and_without_nesterov() -> None:
    classical = OuterOptimizer(learning_rate=0.5, momentum=0.9, nesterov=False)
    assert next_start(classical, 0, 1) == pytest.approx(0.5)
    assert next_start(classical, 0, 1) == pytest.approx(0.5 * 1.9)
    nesterov = OuterOptimizer(learning_rate=0.5, momentum=0.9)
    assert next_start(nesterov, 0, 1) == pytest.approx(0.5 * 1.9)
    assert next_start(nesterov, 0, 1) == pytest.approx(0.5 * (1 + 0.9 * 1.9))
    assert next_start(nesterov, 3, 5) == pytest.approx(3 + 0.5 * (2 + 0.9 * (2 + 0.9 * 1.9)))


@pytest.mark.parametrize(
    ("learning_rate", "momentum", "expected"), [(0.5, 0.0, 11.0), (2.0, 0.0, 14.0), (1.0, 0.5, 13.0)]
)
def test_a_round_starts_between_or_beyond_the_weights(learning_rate: float, momentum: float, expected: float) -> None:
    assert next_start(OuterOptimizer(learning_rate, momentum), 10, 12) == pytest.approx(expected)


def test_every_weight_has_its_velocity_and_its_type() -> None:
    outer = OuterOptimizer(learning_rate=0.5, momentum=0.5, nesterov=False)
    before = [np.array([1.0, 2.0], np.float32), np.array([[4.0]])]
    for _ in range(2):
        outer.step(before, [np.array([2.0, 4.0], np.float32), np.array([[0.0]])])
    np.testing.assert_allclose(outer.velocity[0], [1.5, 3.0])
    np.testing.assert_allclose(outer.next_start[0], [1.75, 3.5])
    np.testing.assert_allclose(outer.next_start[1], [[1.0]])
    assert [weights.dtype for weights in outer.next_start] == [np.float32, np.float64]


def test_state_has_velocities_before_starts() -> None:
    outer = OuterOptimizer(momentum=0.5)
    outer.step([np.array([1.0]), np.array([10.0])], [np.array([2.0]), np.array([30.0])])
    assert [float(values[0]) for values in outer.state()] == [1.0, 20.0, 2.5, 40.0]


def test_sums_and_means_are_computed_in_double_precision() -> None:
    large, small = np.array([2.0**24], np.float32), np.array([1.0], np.float32)
    assert sum_over_workers([[large], [small], [small]])[0] == 2**24 + 2
    assert weighted_mean([[large], [small], [small]], [1, 1, 1])[0] == np.float32((2**24 + 2) / 3)


def test_restored_optimizer_resumes() -> None:
    undisturbed, interrupted, resumed = (OuterOptimizer(momentum=0.9) for _ in range(3))
    next_start(undisturbed, 0, 1), next_start(interrupted, 0, 1)
    resumed.restore(interrupted.state())
    assert resumed.next_start == interrupted.next_start
    assert next_start(resumed, 2, 5) == next_start(undisturbed, 2, 5)
