"""How many iterations a logistic regression may take."""

from __future__ import annotations

MIN_ITERATIONS = 100
"""Iterations that any data get: scikit-learn's own default."""
MAX_PRODUCTS = 2 * 10**9
"""Products of rows, inputs and outputs that all iterations may compute: seconds."""


def affordable_iterations(rows: int, inputs: int, outputs: int, maximum: int) -> int:
    """Return how many iterations of a logistic regression may be computed.

    On data that no line separates, and with a weak penalty, the last digits take hundreds of iterations. Small data
    get all of them; large data get fewer, so that the cost of a fit stops growing until `MIN_ITERATIONS` are left.

    Args:
        rows: Train examples.
        inputs: Inputs of the regression.
        outputs: Classes.
        maximum: Iterations that small data get.
    """
    return max(min(MIN_ITERATIONS, maximum), min(maximum, MAX_PRODUCTS // max(1, rows * inputs * outputs)))
