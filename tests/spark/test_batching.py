"""Rows that a worker takes in a step."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sakon.spark.batching import ENOUGH_STEPS, LEAST_BATCH, batch_share, rows_sharing
from sakon.training.batches import plan_epoch


@given(st.integers(1, 300), st.integers(1, 5000))
def test_a_partition_alone_takes_the_whole_batch(batch_size: int, rows: int) -> None:
    assert batch_share(batch_size, rows, rows_sharing([rows], batch_size, shared=True)) == batch_size


@given(st.integers(1, 300), st.integers(1, 5000))
def test_without_sharing_each_takes_a_whole_batch(batch_size: int, rows: int) -> None:
    assert batch_share(batch_size, rows, rows_sharing([rows, rows], batch_size, shared=False)) == batch_size


@given(st.integers(2, 8), st.integers(LEAST_BATCH, 64), st.integers(64, 5000))
def test_equal_workers_take_as_many_steps_as_one_machine(workers: int, share: int, rows: int) -> None:
    size = batch_share(workers * share, rows, workers * rows)
    steps = plan_epoch(rows, size, order_free=False).steps
    on_one_machine = plan_epoch(workers * rows, workers * share, order_free=False).steps
    assert (size, steps) == (share, on_one_machine)


@given(st.lists(st.integers(1, 5000), min_size=2, max_size=5))
def test_shares_are_as_the_rows(partitions: list[int]) -> None:
    for rows in partitions:
        exact = 256 * rows / sum(partitions)
        found = batch_share(256, rows, sum(partitions))
        assert found == LEAST_BATCH > exact or abs(found - exact) <= 0.5


def test_few_rows_have_company() -> None:
    assert batch_share(64, 10, 100_000) == LEAST_BATCH
    assert batch_share(4, 10, 100_000) == 4


@pytest.mark.parametrize(("rows", "sharing"), [(64 * ENOUGH_STEPS - 1, True), (64 * ENOUGH_STEPS, False)])
def test_few_steps_share_a_batch_unless_chosen_otherwise(rows: int, sharing: bool) -> None:
    assert rows_sharing([10, rows], 64, None) == (rows + 10 if sharing else 0)
    assert rows_sharing([10, rows], 64, shared=True) == rows + 10
    assert rows_sharing([10, rows], 64, shared=False) == 0
