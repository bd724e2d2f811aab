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
        max_unreadable: Largest share of the values of a column that may be unreadable as a number, boolean or date;
            they count as missing. A few typing errors are below it, another number format is above it.
        escape_formulas: Whether texts in the CSV of the predictions that a spreadsheet would run as a formula get an
            apostrophe in front.
    """

    data: str | None = Field(None, min_length=1)
    bins: int = Field(10, ge=2)
    max_unreadable: float = Field(0.05, ge=0, le=1)
    escape_formulas: bool = True
