"""What `kedro problem new` knows of raw data before a kind reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sakon.lazy import pd

TEXT_SAMPLE_ROWS = 5000
MIN_TIMESTAMPS = 40
"""Timestamps that a time series needs to be detected."""


@dataclass(frozen=True)
class DateColumn:
    """The dates of a column.

    Attributes:
        values: The column as timestamps, with their time zone if they have one.
        format: The format that the catalog declares: a `strftime` format, `ISO8601`, or `None` for none.
        other_format: Another format that fits as well, or an empty text.
        has_several_offsets: Whether the column has different UTC offsets, so that its time zone is inferred from them.
        assumption: How the column is read, if its values do not say it, or an empty text.
    """

    values: pd.Series
    format: str | None = None
    other_format: str = ""
    has_several_offsets: bool = False
    assumption: str = ""


@dataclass
class ColumnRoles:
    """What the columns of a table other than the target are used for; each mapping is column → reason.

    Attributes:
        ignored: Nothing can be learned from them.
        groups: Identifiers that repeat, the most values first.
        codes: Numbers that are codes, to be read as categories.
        texts: Free text, the longest first.
        dates: Columns of dates.
        types: All other columns, each with its type: number, category or boolean.
    """

    ignored: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    dates: dict[str, DateColumn] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RegularSeries:
    """The time series that a table holds.

    Attributes:
        time: Column of timestamps.
        series: Column that identifies the series of a panel, or `None` for a single series.
        count: Number of series.
        max_length: Timestamps of the longest series.
        rows: Timestamps of all series.
        frequency: Steps between timestamps; see `sakon.records.frequency`.
        missing: Steps between the first and the last target of each series that have no row or no target.
        observed: Share of those steps that have a target.
        steps: For each series, by timestamp, whether the steps from the first to the last target have a target.
        season: Steps of the confirmed season, or `None`.
        autocorrelation: Autocorrelation of the target at the usual seasonal period, or `None` if it is unknown.
        timezone: Time zone of the timestamps, or `None` if they have none.
    """

    time: str
    series: str | None
    count: int
    max_length: int
    rows: int
    frequency: str
    missing: int
    observed: float
    steps: tuple[pd.Series, ...]
    season: int | None
    autocorrelation: float | None
    timezone: str | None = None


@dataclass(frozen=True)
class RawSummary:
    """Raw data with the target that the user named: a table, or named arrays.

    Attributes:
        file: Name of the file or folder, for messages.
        target: Column or array to predict.
        table: The raw table; empty if the data are arrays.
        roles: What the columns of the table are used for.
        series: The time series that the table holds, or `None`.
        group: Identifier whose rows stay in one split, or `None`.
        arrays: The named arrays; empty if the data are a table.
    """

    file: str
    target: str
    table: pd.DataFrame
    roles: ColumnRoles = field(default_factory=ColumnRoles)
    series: RegularSeries | None = None
    group: str | None = None
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def target_values(self) -> pd.Series:
        """The target, one value per row or per example."""
        if not self.arrays:
            return self.table[self.target]
        return pd.Series(self.arrays[self.target].reshape(-1), name=self.target)

    @property
    def text_share(self) -> float:
        """Share of the characters of all usable columns that are in the longest free text, 0 without free text."""
        if not self.roles.texts:
            return 0.0
        columns = [*self.roles.texts, *self.roles.types, *self.roles.dates]
        lengths = self.table[columns].head(TEXT_SAMPLE_ROWS).apply(text_lengths).mean()
        return float(lengths[next(iter(self.roles.texts))] / lengths.sum()) if lengths.any() else 0.0


def text_lengths(column: pd.Series) -> pd.Series:
    """Return the number of characters of every value; a missing value has none."""
    return column.astype(object).map(lambda value: len(str(value)), na_action="ignore").fillna(0).astype(float)
