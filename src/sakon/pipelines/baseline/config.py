"""Settings of the family `baseline`."""

from __future__ import annotations

from pydantic import Field

from sakon.problem import Frozen


class Config(Frozen):
    """Settings of the plain models.

    Attributes:
        regularization: Strength of the linear models' L2 penalty, relative to one row's loss.
        trees: Most boosting rounds; they stop early when validation gets no better.
        learning_rate: Share of each tree that is added.
        leaves: Most leaves of a tree.
        importance_repeats: Shuffles per input of the permutation importance.
    """

    regularization: float = Field(1.0, gt=0)
    trees: int = Field(200, ge=1)
    learning_rate: float = Field(0.1, gt=0, le=1)
    leaves: int = Field(31, ge=2)
    importance_repeats: int = Field(5, ge=1)
