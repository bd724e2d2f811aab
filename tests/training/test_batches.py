"""The batches of a training: their number, their size, and their order."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sakon.training.batches import ordered_steps, plan_epoch, shuffled_steps, validation_steps

ROWS = st.integers(1, 200)


@given(rows=ROWS, batch_size=st.integers(1, 64), seed=st.integers(0, 2**40), epoch=st.integers(0, 5))
def test_an_epoch_has_each_row_once_but_for_the_rest(rows: int, batch_size: int, seed: int, epoch: int) -> None:
    plan = plan_epoch(rows, batch_size, order_free=False)
    order = shuffled_steps(rows, plan.batch_size, seed, epoch * plan.steps, plan.steps)
    assert order.shape == (plan.steps, plan.batch_size)
    assert rows - order.size < plan.batch_size
    assert len(np.unique(order)) == order.size
    assert ((order >= 0) & (order < rows)).all()


def test_every_epoch_and_every_seed_has_another_order() -> None:
    orders = [shuffled_steps(32, 8, seed, 4 * epoch, 4) for seed in (1, 2) for epoch in (0, 1)]
    for number, order in enumerate(orders):
        np.testing.assert_array_equal(np.sort(order.ravel()), np.arange(32))
        assert not any(np.array_equal(order, other) for other in orders[:number])


@given(rows=ROWS, batch_size=st.integers(1, 64), first=st.integers(0, 20), steps=st.integers(1, 20))
def test_steps_from_the_middle_are_those_of_the_stream(rows: int, batch_size: int, first: int, steps: int) -> None:
    batch_size = min(rows, batch_size)
    whole = shuffled_steps(rows, batch_size, 7, 0, first + steps)
    np.testing.assert_array_equal(shuffled_steps(rows, batch_size, 7, first, steps), whole[first:])


def test_the_order_is_that_of_philox() -> None:
    expected = np.random.Generator(np.random.Philox(key=[5, 2])).permutation(10)[:9].reshape(3, 3)
    np.testing.assert_array_equal(shuffled_steps(10, 3, seed=5, first_step=6, steps=3), expected)


@given(rows=st.integers(0, 200), batch_size=st.integers(1, 64))
def test_ordered_steps_have_all_rows_in_order(rows: int, batch_size: int) -> None:
    steps = ordered_steps(rows, batch_size)
    assert all(order.shape[1] == batch_size for order in steps[:-1])
    np.testing.assert_array_equal(np.concatenate([order.ravel() for order in steps] or [[]]), np.arange(rows))


@given(rows=st.integers(1, 10_000), batch_size=st.integers(1, 64))
def test_where_the_order_has_no_effect_all_rows_are_used_in_few_steps(rows: int, batch_size: int) -> None:
    plan = plan_epoch(rows, batch_size, order_free=True)
    assert plan.steps <= 128
    assert plan.batch_size * (plan.steps - 1) < rows <= plan.batch_size * plan.steps


def test_validation_has_no_more_steps_than_training() -> None:
    plan = plan_epoch(640, 64, order_free=False)
    assert [step.shape for step in validation_steps(100, 64, plan)] == [(1, 64), (1, 36)]
    assert [step.shape for step in validation_steps(6400, 64, plan)] == [(10, 640)]
