"""Settings of the scoring, the key `scoring` of the parameters."""

from __future__ import annotations

from pydantic import Field

from sakon.problem import Frozen


class ScoringConfig(Frozen):
    """Which new records the champion answers, and how their drift is measured.

    Attributes:
        data: Path of the new records, relative to the project; when left out, `new` beside the raw data, with
            their suffix. Read by `ProblemConfigLoader`.
        bins: Bins of a number's distribution.
    """

    data: str | None = Field(None, min_length=1)
    bins: int = Field(10, ge=2)
