"""Parameters of the pipeline `scoring`."""

from __future__ import annotations

from pydantic import Field

from sakon.problem import Frozen


class ScoringConfig(Frozen):
    """The block `scoring` of the parameters.

    Attributes:
        data: Path of the new records, relative to the project. If left out, the file `new` next to the raw data, with
            the same suffix. `ProblemConfigLoader` reads it.
        bins: Bins of the distribution of a number, for drift.
    """

    data: str | None = Field(None, min_length=1)
    bins: int = Field(10, ge=2)
