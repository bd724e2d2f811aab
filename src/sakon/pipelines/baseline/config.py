"""Configuration of the family `baseline`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sakon.problem import Frozen


class Config(Frozen):
    """Configuration of the scikit-learn models.

    Attributes:
        regularization: Strengths of the L2 penalty of the linear model, relative to the loss of one row; the best on
            validation is selected.
        trees: Maximum number of boosting iterations; early stopping on validation.
        learning_rate: Shrinkage of each tree.
        leaves: Maximum number of leaves per tree.
        max_boosted_classes: Maximum number of classes with boosting: every iteration grows a tree per class.
        importance_repeats: Maximum number of permutations per input of the permutation importance; fewer of them, and
            of the rows, if predictions are expensive.
    """

    regularization: tuple[Annotated[float, Field(gt=0)], ...] = Field((0.1, 1.0, 10.0, 100.0), min_length=1)
    trees: int = Field(200, ge=1)
    learning_rate: float = Field(0.1, gt=0, le=1)
    leaves: int = Field(31, ge=2)
    max_boosted_classes: int = Field(100, ge=2)
    importance_repeats: int = Field(5, ge=1)
