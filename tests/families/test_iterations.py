"""Iterations of logistic regressions, by cost."""

from __future__ import annotations

import pytest

from sakon.families.heads import STRENGTHS, linear_candidates
from sakon.families.iterations import MAX_PRODUCTS, MIN_ITERATIONS, affordable_iterations
from sakon.problem import InputSpec


@pytest.mark.parametrize(
    ("rows", "inputs", "outputs", "expected"),
    [(1_150, 128, 10, 1000), (8_000, 400, 3, 208), (2_400, 64, 800, MIN_ITERATIONS), (10**6, 50, 2, MIN_ITERATIONS)],
)
def test_large_data_get_fewer_iterations(rows: int, inputs: int, outputs: int, expected: int) -> None:
    iterations = affordable_iterations(rows, inputs, outputs, 1000)
    assert iterations == expected
    assert iterations == MIN_ITERATIONS or iterations * rows * inputs * outputs <= MAX_PRODUCTS
    assert affordable_iterations(rows, inputs, outputs, 30) == 30


def test_every_probe_gets_the_affordable_iterations() -> None:
    spec = InputSpec(kind="tabular", task="classification", shape=(4,), classes=tuple(range(3)))
    assert [each.max_iter for each in linear_candidates(spec, (8_000, 400))] == [208] * len(STRENGTHS)
