"""How a run's time is divided among its families."""

from __future__ import annotations

import pytest

from sakon.training.time_limit import MIN_SECONDS
from sakon.workers import time_budget
from sakon.workers.time_budget import FamilyShares, TimeBudget

BUDGET = TimeBudget(minutes=25.0, begin=1000.0)
"""Families have 1,200 of its 1,500 seconds: until 2,200."""


@pytest.mark.parametrize(
    ("time", "families", "workers", "expected"),
    [
        (1000.0, 10, 1, 120.0),
        (1000.0, 10, 2, 240.0),
        (1000.0, 3, 2, 600.0),  # a worker trains two of them, one after the other
        (1000.0, 2, 8, 1200.0),
        (1600.0, 4, 1, 150.0),  # what earlier families have left is divided
        (2170.0, 10, 1, MIN_SECONDS),  # too little for all: some get enough to begin
        (2195.0, 10, 1, 5.0),
        (2230.0, 3, 1, -30.0),
    ],
)
def test_share_of_a_family(time: float, families: int, workers: int, expected: float) -> None:
    assert BUDGET.share(time, families, workers) == pytest.approx(expected)


@pytest.mark.parametrize(("preparation", "expected"), [(0.0, 300.0), (150.0, 450.0), (900.0, 600.0)])
def test_the_time_of_evaluation_grows_with_that_of_preparation(preparation: float, expected: float) -> None:
    assert 2500.0 - TimeBudget(25.0, 1000.0, preparation).families_end == expected


@pytest.mark.parametrize(("preparation", "expected"), [(4.0, 10.0), (17.0, 17.0), (300.0, 20.0)])
def test_a_family_gets_more_at_least_on_a_slow_machine(preparation: float, expected: float) -> None:
    budget = TimeBudget(minutes=2.0, begin=1000.0, preparation=preparation)
    assert budget.share(budget.families_end - 30.0, 10, 1) == expected


def test_what_a_family_does_not_use_is_left_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([1100.0, 1110.0, 2100.0])
    monkeypatch.setattr(time_budget, "now", lambda: next(times))
    shares = FamilyShares(BUDGET, families=3)
    limits = [shares.next_limit() for _ in range(3)]
    assert [(limit.begin, limit.seconds) for limit in limits] == [(1100.0, 1100 / 3), (1110.0, 545.0), (2100.0, 100.0)]
    assert {limit.minutes for limit in limits} == {25.0}


def test_shares_of_families_that_use_them_up_are_equal() -> None:
    time, seconds = 1000.0, []
    for waiting in range(7, 0, -1):
        seconds.append(BUDGET.share(time, waiting, 1))
        time += seconds[-1]
    assert seconds == pytest.approx([1200 / 7] * 7)
    assert time == pytest.approx(BUDGET.families_end)
