"""How much work the explanation of the baseline may take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sakon.lazy import Estimator
from sakon.models.predict import flatten
from sakon.problem import Examples, InputSpec

MAX_ROWS, MIN_ROWS = 1000, 50
"""Rows that are shuffled; the cost may reduce them to the minimum, not further."""
MAX_INPUTS = 1000
"""Inputs of a table or text that are shuffled; the cost of each grows with their number, too."""
MIN_REPEATS = 2
"""Shuffles of an input from which a standard deviation can be drawn."""
MAX_COST = 2 * 10**9
"""Multiplications that an explanation may take: a second or two."""
COST_OF_TREE = 100
"""Multiplications that take as long as the prediction of one row by one tree."""


@dataclass(frozen=True)
class ExplanationPlan:
    """Work of a permutation importance.

    Attributes:
        rows: Examples whose inputs are shuffled.
        repeats: Shuffles of each input.
    """

    rows: int
    repeats: int


def plan_explanation(inputs: int, cost: int, rows: int, repeats: int) -> ExplanationPlan:
    """Return the work of a permutation importance that takes at most about `MAX_COST`.

    First the repeats are reduced, down to `MIN_REPEATS`, and then the rows, down to `MIN_ROWS`: a shuffle of more rows
    says more than another shuffle of the same rows.

    Args:
        inputs: Inputs, or channels of a series, that are shuffled.
        cost: Cost of the prediction of one row, see `prediction_cost`.
        rows: Available examples.
        repeats: Maximum number of shuffles of each input.
    """
    affordable = MAX_COST // (inputs * cost)
    rows = min(rows, MAX_ROWS)
    repeats = max(min(repeats, MIN_REPEATS), min(repeats, affordable // max(rows, 1)))
    return ExplanationPlan(min(rows, max(MIN_ROWS, affordable // repeats)), repeats)


def select_inputs_explained(examples: Examples, input_spec: InputSpec) -> np.ndarray:
    """Return the numbers of the inputs to shuffle, in order: all, or the `MAX_INPUTS` that vary most.

    Of series they are the channels. Of images all are shuffled: a map has no gaps.

    Args:
        examples: Examples whose inputs are compared.
        input_spec: Shape and names of the inputs.
    """
    if input_spec.horizon:
        return np.arange(input_spec.shape[1])
    inputs = int(np.prod(input_spec.shape))
    if not input_spec.features or inputs <= MAX_INPUTS:
        return np.arange(inputs)
    return np.sort(np.argsort(-flatten(examples.x).std(axis=0), kind="stable")[:MAX_INPUTS])


def prediction_cost(model: Estimator, input_spec: InputSpec) -> int:
    """Return about how many multiplications the prediction of one row takes: of its inputs, or of its trees.

    Args:
        model: A fitted candidate.
        input_spec: Inputs and outputs of the model.
    """
    products = int(np.prod(input_spec.shape)) * input_spec.outputs
    return products + COST_OF_TREE * count_trees(model)


def count_trees(model: Estimator) -> int:
    """Return the number of trees of a fitted candidate; 0 if it is not made of trees."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.multioutput import MultiOutputRegressor
    from sklearn.pipeline import Pipeline

    match model:
        case HistGradientBoostingClassifier() | HistGradientBoostingRegressor():
            return int(model.n_iter_ * model.n_trees_per_iteration_)
        case MultiOutputRegressor():
            return sum(count_trees(each) for each in model.estimators_)
        case Pipeline():
            return count_trees(model[-1])
    return 0
