"""Tables whose moments are spread over two columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from sakon.lazy import pd


class TimestampDataset(AbstractDataset[NoReturn, Any]):
    """Any dataset of a table, with one more column: the moment that a date and an hour make together.

    Args:
        dataset: The Kedro dataset that reads the table.
        date: Column of dates.
        hour: Column of hours, 0 to 23.
        moment: Name of the new column.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(
        self, *, dataset: dict[str, Any], date: str, hour: str, moment: str, metadata: dict[str, Any] | None = None
    ) -> None:
        self._dataset: AbstractDataset[Any, Any] = AbstractDataset.from_config("raw", dataset)
        self._filepath = Path(dataset["filepath"])
        self._date, self._hour, self._moment = date, hour, moment
        self.metadata = metadata

    def load(self) -> pd.DataFrame:
        """Read the table and add the column.

        Raises:
            DatasetError: If a column is missing, or holds no dates or no hours.
        """
        table = self._dataset.load()
        for argument, column in (("date", self._date), ("hour", self._hour)):
            if column not in table:
                raise DatasetError(f"{self._filepath}: expected a column '{column}' ({argument} of `raw`), found none.")
        try:
            moment = pd.to_datetime(table[self._date]) + pd.to_timedelta(table[self._hour], unit="h")
        except (ValueError, TypeError) as error:
            raise DatasetError(
                f"{self._filepath}: expected dates in column '{self._date}' and hours in column '{self._hour}', found "
                f"otherwise ({error}); mend them, or type the dates by parse_dates and date_format."
            ) from error
        joined: pd.DataFrame = table.assign(**{self._moment: moment})
        return joined

    def save(self, data: NoReturn) -> None:
        """Refuse: raw data are read, never written."""
        raise DatasetError("Raw data are read, never written.")

    def _exists(self) -> bool:
        return bool(self._dataset.exists())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "date": self._date, "hour": self._hour, "moment": self._moment}
