"""Timestamps of a column: stored as such, as text in one format, or as numbers; with or without time zone."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.records import date_numbers, date_texts
from sakon.records.period_texts import PATTERNS
from sakon.records.time_zones import infer_zone, instants_of, local_time, split_offsets, to_zone, zone_of

DIGITS = r"\d{4,18}"


@dataclass(frozen=True)
class Timestamps:
    """The timestamps of a column.

    Attributes:
        values: The timestamps, datetime64[us], with their time zone if they have one; missing where a value is missing
            or is not a timestamp.
        format: How the column notes them: a name of `date_texts.DateFormat`, a notation of `date_numbers`, or `None`
            if it stores timestamps.
        other_format: Another format that fits every value but gives other timestamps, or an empty text.
        offsets: Different UTC offsets in texts, in order of appearance. If only some rows have one, `values` has no
            time zone.
        written: The local time that the column notes, without time zone.
    """

    values: pd.Series
    written: pd.Series
    format: str | None = None
    other_format: str = ""
    offsets: tuple[str, ...] = ()

    @property
    def timezone(self) -> str | None:
        """Time zone of the timestamps: an IANA name, an offset such as +09:00, or `None`."""
        return zone_of(self.values)


def detect_timestamps(column: pd.Series) -> Timestamps | None:
    """Return the timestamps of a column if all its values are timestamps of one format, otherwise `None`."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return _stored(column)
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        notation = date_numbers.detect_notation(column)
        return None if notation is None else _from_numbers(column, notation)
    texts = column.dropna().astype(str).str.strip()
    if texts.empty or not texts.head(date_texts.SAMPLE_ROWS).map(date_texts.may_be_date).all():
        return None
    if (stored := date_texts.parse_plain_iso(texts)) is not None:
        return _from_texts(column, stored, pd.Series(dtype=object), date_texts.DateFormat(date_texts.ISO))
    local, offsets = split_offsets(texts)
    if offsets.isna().any() and offsets.notna().any():
        return None
    date_format = date_texts.detect_format(local)
    if date_format is None:
        return None
    values = date_texts.parse_texts(local, date_format.name)
    return _from_texts(column, values, offsets, date_format)


def read_timestamps(column: pd.Series, date_format: str | None = None, timezone: str | None = None) -> Timestamps:
    """Return the timestamps of a column.

    Args:
        column: Timestamps, texts or numbers.
        date_format: Format of texts or numbers that are not in ISO 8601; if left out, all rows decide together.
        timezone: Zone to convert to; timestamps without zone are local times of it. If left out, it is the zone that
            the timestamps have.

    Raises:
        DataError: If a value is missing or is not a timestamp, or the format is ambiguous.
    """
    timestamps = _parse_as(column, date_format) if date_format is not None else None
    timestamps = timestamps or detect_timestamps(column) or _parse_leniently(column)
    _check(column, timestamps)
    if timezone is None:
        return timestamps
    try:
        values = to_zone(timestamps.values, timezone)
    except ValueError as error:
        raise DataError(
            f"Column '{column.name}': expected timestamps with a UTC offset such as 2024-10-27 02:30+02:00 where "
            f"clocks in {timezone} are set back, found times that occur twice ({error}); add the offset, or remove "
            f"problem.options.timezone."
        ) from error
    return replace(timestamps, values=values)


def parse_timestamps(column: pd.Series) -> pd.Series:
    """Return a column as timestamps in local time, without time zone, datetime64[us].

    Args:
        column: Timestamps, texts such as 2024-05-31, or numbers such as 20240531.

    Raises:
        DataError: If a value is missing or not a timestamp.
    """
    return read_timestamps(column).written


def local_timestamps(column: pd.Series, date_format: str | None = None) -> pd.Series:
    """Return a column as timestamps in local time, without time zone; missing where a value is not a timestamp.

    The local time is the one that the column notes: 2024-05-31 23:00+09:00 is at 23 o'clock on 31 May.

    Args:
        column: Timestamps, texts or numbers.
        date_format: Format of texts; if left out, all rows decide together.
    """
    timestamps = _parse_as(column, date_format) if date_format is not None else None
    return (timestamps or detect_timestamps(column) or _parse_leniently(column)).written


def text_format(column: pd.Series) -> str | None:
    """Return the format of timestamps in texts that are not in ISO 8601, so that few rows can be read like all."""
    timestamps = None if pd.api.types.is_numeric_dtype(column) else detect_timestamps(column)
    return None if timestamps is None or timestamps.format == date_texts.ISO else timestamps.format


def restore_notation(timestamps: pd.Series, date_format: str | None) -> pd.Series:
    """Return timestamps as numbers if the raw data note them so, otherwise unchanged."""
    if date_format in date_numbers.CALENDAR or date_format in date_numbers.UNIX:
        return date_numbers.format_numbers(timestamps, date_format)
    return timestamps


def _stored(column: pd.Series) -> Timestamps:
    zone = zone_of(column)
    values = (column if zone is None else to_zone(column, zone)).dt.as_unit("us")
    return Timestamps(values, local_time(values))


def _from_numbers(column: pd.Series, notation: str) -> Timestamps:
    values = date_numbers.parse_numbers(column, notation)
    return Timestamps(values, local_time(values), notation)


def _parse_as(column: pd.Series, date_format: str) -> Timestamps | None:
    """Return the timestamps of a column of texts or numbers in a format; `None` if it has another format.

    Of a `strftime` format or of periods, other texts are read only if they tell day and month apart.
    """
    if pd.api.types.is_datetime64_any_dtype(column):
        return None
    if date_format in date_numbers.UNIX or (
        date_format in date_numbers.CALENDAR and pd.api.types.is_numeric_dtype(column)
    ):
        timestamps = _from_numbers(column, date_format)
        return timestamps if timestamps.values.notna().all() else None
    texts = column.dropna().astype(str).str.strip()
    local, offsets = split_offsets(texts)
    values = date_texts.parse_texts(local, date_format)
    if date_format in date_texts.FORMATS or date_format in PATTERNS:
        values = values.fillna(date_texts.parse_certain(local))
    elif not values.notna().all():
        return None
    return _from_texts(column, values, offsets, date_texts.DateFormat(date_format))


def _parse_leniently(column: pd.Series) -> Timestamps:
    """Return the timestamps of a column of several formats, or of which not all values are timestamps.

    Day and month are never exchanged between rows.
    """
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        none = pd.Series(pd.NaT, index=column.index, dtype="datetime64[us]", name=column.name)
        return Timestamps(none, none)
    texts = column.dropna().astype(str).str.strip()
    if texts.str.fullmatch(DIGITS).all() and (notation := date_numbers.detect_notation(pd.to_numeric(texts))):
        return _from_numbers(column, notation)
    local, offsets = split_offsets(texts)
    values, other = date_texts.parse_mixed(local)
    return _from_texts(column, values, offsets, date_texts.DateFormat(date_texts.ISO, other))


def _from_texts(
    column: pd.Series, local: pd.Series, offsets: pd.Series, date_format: date_texts.DateFormat
) -> Timestamps:
    """Return timestamps of local times and their offsets from UTC, with the index of the column."""
    names = tuple(map(str, offsets.dropna().unique()))
    written = values = local.astype("datetime64[us]")
    if names and offsets.notna().all():
        instants = instants_of(values, offsets)
        values = to_zone(instants, infer_zone(instants, offsets))
    values, written = (each.reindex(column.index).rename(str(column.name)) for each in (values, written))
    return Timestamps(values, written, date_format.name, date_format.other, names)


def _check(column: pd.Series, timestamps: Timestamps) -> None:
    invalid = column.index[timestamps.values.isna()]
    if len(invalid):
        raise DataError(
            f"Column '{column.name}': expected a timestamp such as 2024-05-31 in every row, found "
            f"'{column[invalid[0]]}' in row {invalid[0]} and {len(invalid) - 1} more; fix or drop those rows."
        )
    if timestamps.offsets and timestamps.timezone is None:
        raise DataError(
            f"Column '{column.name}': expected a UTC offset such as {timestamps.offsets[0]} in every row or in none, "
            f"found rows with and without; correct the file."
        )
