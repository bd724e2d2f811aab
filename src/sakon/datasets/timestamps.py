"""Tables with the date and the hour of a timestamp in two columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError

from sakon.datasets.base import RawDataset
from sakon.lazy import pd
from sakon.records.timestamps import local_timestamps


class TimestampDataset(RawDataset):
    """Any dataset of a table, with an additional column of timestamps, made of a date and an hour.

    Args:
        dataset: The Kedro dataset that reads the table.
        date: Column of dates.
        hour: Column of hours, 0 to 23.
        timestamp: Name of the new column.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(
        self, *, dataset: dict[str, Any], date: str, hour: str, timestamp: str, metadata: dict[str, Any] | None = None
    ) -> None:
        self._dataset: AbstractDataset[Any, Any] = AbstractDataset.from_config("raw", dataset)
        self._filepath = Path(str(getattr(self._dataset, "_filepath", "")))
        self._date, self._hour, self._timestamp = date, hour, timestamp
        self.metadata = metadata

    def load(self) -> pd.DataFrame:
        """Read the table and add the column.

        Raises:
            DatasetError: If a column is missing, or does not contain dates or hours.
        """
        table = self._dataset.load()
        for argument, column in (("date", self._date), ("hour", self._hour)):
            if column not in table:
                raise DatasetError(
                    f"{self._filepath}: expected a column '{column}' ({argument} of `raw`), found none; correct "
                    f"{argument} in catalog.yml."
                )
        try:
            timestamps = _parse_days(table[self._date]) + pd.to_timedelta(table[self._hour], unit="h")
        except (ValueError, TypeError) as error:
            raise DatasetError(
                f"{self._filepath}: expected dates in column '{self._date}' and hours in column '{self._hour}', found "
                f"otherwise ({error}); correct the file, or set parse_dates and date_format in catalog.yml."
            ) from error
        with_timestamps: pd.DataFrame = table.assign(**{self._timestamp: timestamps})
        return with_timestamps

    def _exists(self) -> bool:
        return bool(self._dataset.exists())

    def _describe(self) -> dict[str, Any]:
        return {
            "filepath": str(self._filepath),
            "date": self._date,
            "hour": self._hour,
            "timestamp": self._timestamp,
        }


def _parse_days(column: pd.Series) -> pd.Series:
    """Return a column as local timestamps; missing days stay missing.

    Raises:
        ValueError: If a value is not a date.
    """
    days = local_timestamps(column)
    invalid = column[days.isna() & column.notna()]
    if len(invalid):
        raise ValueError(f"{invalid.iloc[0]!r} in row {invalid.index[0]}")
    return days
