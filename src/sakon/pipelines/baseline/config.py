"""Settings of the family `baseline`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sakon.problem import Frozen


class Config(Frozen):
    """Settings of the plain models.

    Attributes:
        regularization: Strengths of the linear model's L2 penalty, relative to one row's loss; the best on
            validation is kept.
        trees: Most boosting rounds; they stop early when validation gets no better.
        learning_rate: Share of each tree that is added.
        leaves: Most leaves of a tree.
        importance_repeats: Shuffles per input of the permutation importance.
    """

    regularization: tuple[Annotated[float, Field(gt=0)], ...] = Field((0.1, 1.0, 10.0, 100.0), min_length=1)
    trees: int = Field(200, ge=1)
    learning_rate: float = Field(0.1, gt=0, le=1)
    leaves: int = Field(31, ge=2)
    importance_repeats: int = Field(5, ge=1)
