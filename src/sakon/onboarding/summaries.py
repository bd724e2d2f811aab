"""Summarises raw data before a kind is chosen: column roles, time series and dates of a table, or named arrays."""

from __future__ import annotations

import re

import numpy as np

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.onboarding.column_roles import infer_roles
from sakon.onboarding.dates import ISO, describe_serial_days
from sakon.onboarding.image_folders import configure_image_folder
from sakon.onboarding.raw_files import IMAGE_FOLDER, READ_AS_TEXT, Argument, RawFile, TimestampColumns
from sakon.onboarding.regular_series import detect_series
from sakon.onboarding.splits import choose_group
from sakon.onboarding.tables import load_table
from sakon.onboarding.targets import choose_array, choose_column
from sakon.records.raw_summary import MIN_TIMESTAMPS, ColumnRoles, RawSummary, RegularSeries
from sakon.records.raw_table import MIN_ROWS
from sakon.wording import format_list, pluralise

HOUR_NAME = re.compile(r"hour|hr|stunde|hours", re.IGNORECASE)
TIMESTAMP = "timestamp"
"""Name of the column that a date and an hour are joined to."""


def summarise(raw_file: RawFile, target: str | None, is_series_requested: bool = False) -> tuple[RawSummary, str]:
    """Summarise raw data; completes how the file is read.

    Args:
        raw_file: The raw data.
        target: The target that the user named, or `None`.
        is_series_requested: Whether the user requests a time series.

    Returns:
        The summary, and the size of the data in words.

    Raises:
        DataError: If nothing can be learned from the data.
        ParameterError: If there is no such target.
    """
    if raw_file.type == IMAGE_FOLDER:
        size = configure_image_folder(raw_file, target)
        return _summarise_arrays(raw_file, str(raw_file.arguments["target"].value))[0], size
    if raw_file.holds_arrays:
        return _summarise_arrays(raw_file, target)
    return _summarise_table(raw_file, target, is_series_requested)


def _summarise_arrays(raw_file: RawFile, target: str | None) -> tuple[RawSummary, str]:
    arrays: dict[str, np.ndarray] = raw_file.load()
    name = choose_array(target, arrays, raw_file)
    shapes = ", ".join(f"{each} {array.shape}" for each, array in arrays.items())
    return RawSummary(raw_file.path.name, name, pd.DataFrame(), arrays=arrays), f"arrays {shapes}"


def _summarise_table(raw_file: RawFile, target: str | None, is_series_requested: bool) -> tuple[RawSummary, str]:
    table = load_table(raw_file, target.strip() if target is not None else None)
    name = choose_column(target, list(table.columns), raw_file)
    roles = infer_roles(table, name)
    if len(table) >= MIN_ROWS:  # too few rows are refused by the kind
        _check_features(raw_file, name, roles)
    series = _detect_series(raw_file, table, name, roles, is_series_requested)
    raw_file.notes += describe_serial_days(table[[each for each in roles.types if each != name]])
    group = choose_group(table, name, roles) if series is None else None
    _declare_dates(raw_file, roles)
    size = f"{len(table):,} rows, {table.shape[1]} columns ({_count_roles(roles)})"
    return RawSummary(raw_file.path.name, name, table, roles, series, group), size


def _count_roles(roles: ColumnRoles) -> str:
    types = list(roles.types.values())
    counts = {column_type: types.count(column_type) for column_type in ("number", "category", "boolean")}
    counts |= {"date": len(roles.dates), "text": len(roles.texts)}
    parts = [f"{count} {pluralise(noun, count)}" for noun, count in counts.items() if count]
    excluded = len(roles.ignored) + len(roles.groups)
    return ", ".join([*parts, *([f"{excluded} excluded"] if excluded else [])]) + ", and the target"


def _check_features(raw_file: RawFile, target: str, roles: ColumnRoles) -> None:
    """Refuse a table without any column to learn from, and say why each column is excluded."""
    if roles.types or roles.texts or roles.dates:
        return
    excluded = [f"'{name}' ({reason})" for name, reason in (roles.ignored | roles.groups).items()]
    reasons = f": {format_list(excluded, separator='; ')}" if excluded else ""
    raise DataError(
        f"{raw_file.path}: expected at least one column to learn from besides the target '{target}', found none"
        f"{reasons}; add or correct a column."
    )


def _detect_series(
    raw_file: RawFile, table: pd.DataFrame, target: str, roles: ColumnRoles, is_requested: bool
) -> RegularSeries | None:
    """Detect a single series by a column of dates, or by a date and an hour in two columns; then a panel.

    Rows that are equal in every column count once.
    """
    distinct = table.drop_duplicates()
    dates = {name: column.values.loc[distinct.index] for name, column in roles.dates.items()}
    joined = {} if TIMESTAMP in table else _join_hours(distinct, dates, roles)
    panel_columns = [
        *roles.groups,
        *(name for name, column_type in roles.types.items() if column_type == "category" or _may_be_panel(table[name])),
    ]
    for series_columns in ([], panel_columns):
        series = detect_series(distinct, target, dates, series_columns, is_requested)
        for (date, hour), timestamps in () if series else joined.items():
            others = [name for name in series_columns if name not in (date, hour)]
            series = detect_series(distinct, target, {TIMESTAMP: timestamps}, others)
            if series is not None:
                names = raw_file.original_names
                raw_file.timestamp_columns = TimestampColumns(names.get(date, date), names.get(hour, hour), TIMESTAMP)
                raw_file.notes.append(
                    f"'{date}' and '{hour}' are joined to the column '{TIMESTAMP}' when the file is read"
                )
                break
        if series is not None:
            if len(distinct) < len(table):
                raw_file.notes.append(f"{len(table) - len(distinct):,} rows are equal to another row in every column")
            return series
    return None


def _join_hours(
    table: pd.DataFrame, dates: dict[str, pd.Series], roles: ColumnRoles
) -> dict[tuple[str, str], pd.Series]:
    """Return the timestamps of every pair of a column of dates and one of hours."""
    hours = [name for name in roles.types if HOUR_NAME.fullmatch(name) and table[name].isin(range(24)).all()]
    return {
        (date, hour): days + pd.to_timedelta(table[hour], unit="h") for date, days in dates.items() for hour in hours
    }


def _may_be_panel(column: pd.Series) -> bool:
    return column.dtype.kind in "iu" and column.nunique() <= len(column) / MIN_TIMESTAMPS


def _declare_dates(raw_file: RawFile, roles: ColumnRoles) -> None:
    """Let the dataset parse the dates that the file stores as text."""
    formats = {name: dates.format for name, dates in roles.dates.items() if dates.format is not None}
    raw_file.notes += [f"'{name}' {dates.assumption}" for name, dates in roles.dates.items() if dates.assumption]
    for name, dates in roles.dates.items():
        if dates.other_format:
            raw_file.notes.append(
                f"'{name}' is read as {dates.format}, but {dates.other_format} fits as well: check date_format"
            )
    if not formats:
        return
    if raw_file.type in READ_AS_TEXT:
        by_name = {raw_file.original_names.get(name, name): date_format for name, date_format in formats.items()}
        raw_file.load_args["parse_dates"] = Argument(list(by_name), "columns of dates")
        raw_file.load_args["date_format"] = Argument(by_name, "the format of the dates")
        return
    raw_file.notes += [
        f"'{name}' stores dates as text ({date_format}); store them as dates in the file if you can"
        for name, date_format in formats.items()
        if date_format != ISO
    ]
