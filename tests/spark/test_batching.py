"""Batch sizes of workers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sakon.spark.batching import MIN_BATCH_SIZE, MIN_STEPS_WITHOUT_SHARING, count_sharing_rows, worker_batch_size
from sakon.training.batches import plan_epoch


@given(st.integers(1, 300), st.integers(1, 5000))
def test_single_partition_uses_whole_batches(batch_size: int, rows: int) -> None:
    assert worker_batch_size(batch_size, rows, count_sharing_rows([rows], batch_size, shared_batch=True)) == batch_size


@given(st.integers(1, 300), st.integers(1, 5000))
def test_without_sharing_each_worker_uses_whole_batches(batch_size: int, rows: int) -> None:
    sharing_rows = count_sharing_rows([rows, rows], batch_size, shared_batch=False)
    assert worker_batch_size(batch_size, rows, sharing_rows) == batch_size


@given(st.integers(2, 8), st.integers(MIN_BATCH_SIZE, 64), st.integers(64, 5000))
def test_equal_workers_take_as_many_steps_as_one_machine(workers: int, share: int, rows: int) -> None:
    size = worker_batch_size(workers * share, rows, workers * rows)
    steps = plan_epoch(rows, size, order_free=False).steps
    steps_on_one_machine = plan_epoch(workers * rows, workers * share, order_free=False).steps
    assert (size, steps) == (share, steps_on_one_machine)


@given(st.lists(st.integers(1, 5000), min_size=2, max_size=5))
def test_shares_are_proportional_to_rows(partition_rows: list[int]) -> None:
    for rows in partition_rows:
        exact = 256 * rows / sum(partition_rows)
        size = worker_batch_size(256, rows, sum(partition_rows))
        assert size == MIN_BATCH_SIZE > exact or abs(size - exact) <= 0.5


def test_minimum_batch_size() -> None:
    assert worker_batch_size(64, 10, 100_000) == MIN_BATCH_SIZE
    assert worker_batch_size(4, 10, 100_000) == 4


@pytest.mark.parametrize(
    ("rows", "is_shared"), [(64 * MIN_STEPS_WITHOUT_SHARING - 1, True), (64 * MIN_STEPS_WITHOUT_SHARING, False)]
)
def test_batches_are_shared_if_steps_are_few_unless_configured(rows: int, is_shared: bool) -> None:
    assert count_sharing_rows([10, rows], 64, None) == (rows + 10 if is_shared else 0)
    assert count_sharing_rows([10, rows], 64, shared_batch=True) == rows + 10
    assert count_sharing_rows([10, rows], 64, shared_batch=False) == 0
