"""Settings of the evaluation, the key `evaluation` of the parameters."""

from __future__ import annotations

from pydantic import Field

from sakon.problem import Frozen


class EvaluationSettings(Frozen):
    """How families are compared.

    Attributes:
        resamples: Bootstrap resamples behind every interval and verdict.
        level: Coverage of the intervals, in (0, 1).
        bins: Bins of the reliability diagram.
        smallest_slice: Fewest test rows for which a slice is scored.
    """

    resamples: int = Field(1000, ge=100)
    level: float = Field(0.95, gt=0, lt=1)
    bins: int = Field(10, ge=2)
    smallest_slice: int = Field(20, ge=2)
