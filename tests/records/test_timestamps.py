"""Timestamps in every notation, with and without time zone; nothing is exchanged or dropped without a word."""

from __future__ import annotations

import pandas as pd
import pytest

from sakon.errors import DataError
from sakon.records.series_options import read_series_timestamps
from sakon.records.timestamps import (
    detect_timestamps,
    local_timestamps,
    parse_timestamps,
    read_timestamps,
    restore_notation,
)


def column(*values: object) -> pd.Series:
    return pd.Series(list(values), name="t")


@pytest.mark.parametrize(
    ("values", "zone", "first"),
    [
        (["2024-03-30T00:00:00+09:00", "2024-03-31T00:00:00+09:00"], "+09:00", "2024-03-30"),
        (["2024-03-30T10:00Z", "2024-03-31T10:00Z"], "UTC", "2024-03-30 10:00"),
        (["2024-03-30 10:00:00 UTC", "2024-03-31 10:00:00 UTC"], "UTC", "2024-03-30 10:00"),
        (["2024-03-30 00:00+01:00", "2024-04-01 00:00+02:00"], "Europe/Berlin", "2024-03-30"),
        (["2024-03-09 00:00-05:00", "2024-03-11 00:00-0400"], "America/New_York", "2024-03-09"),
        (["30.03.2024 10:00 +05:30", "31.03.2024 10:00 +05:30"], "+05:30", "2024-03-30 10:00"),
        (["2024-03-30", "2024-03-31"], None, "2024-03-30"),
    ],
)
def test_zone_of_texts(values: list[str], zone: str | None, first: str) -> None:
    timestamps = read_timestamps(column(*values))
    assert timestamps.timezone == zone
    assert timestamps.values[0].tz_localize(None) == pd.Timestamp(first)
    assert list(timestamps.values) == [pd.Timestamp(value) for value in values] or "." in values[0]
    assert parse_timestamps(column(*values))[0] == pd.Timestamp(first)


def test_zone_of_stored_timestamps() -> None:
    stored = pd.Series(pd.date_range("2024-03-30", periods=3, tz="Europe/Berlin"))
    assert read_timestamps(stored).timezone == "Europe/Berlin"
    assert read_timestamps(stored, timezone="+09:00").timezone == "+09:00"
    assert list(parse_timestamps(stored).dt.hour) == [0, 0, 0]
    assert read_timestamps(stored, timezone="Asia/Tokyo").values[0].hour == 8


def test_offsets_that_fit_no_zone_are_read_in_utc_but_keep_their_local_time() -> None:
    sites = column("2024-03-30T10:00:00-05:00", "2024-03-30T11:00:00+09:00", "2024-03-31T12:00:00-05:00")
    timestamps = read_timestamps(sites)
    assert timestamps.timezone == "UTC"
    assert list(timestamps.written.dt.hour) == [10, 11, 12]
    assert list(local_timestamps(sites).dt.hour) == [10, 11, 12]


def test_naive_timestamps_may_be_given_a_zone() -> None:
    hours = pd.Series(pd.to_datetime(["2024-10-27 01:00", "2024-10-27 02:00", "2024-10-27 02:00", "2024-10-27 03:00"]))
    in_zone = read_timestamps(hours, timezone="Europe/Berlin").values
    assert in_zone.diff().dropna().eq(pd.Timedelta(hours=1)).all()
    with pytest.raises(DataError, match="occur twice"):
        read_timestamps(hours.iloc[[1]].rename("t"), timezone="Europe/Berlin")


@pytest.mark.parametrize(
    ("numbers", "notation", "first"),
    [
        ([1990, 1991], "%Y", "1990-01-01"),
        ([202401, 202402], "%Y%m", "2024-01-01"),
        ([20240131, 20240201], "%Y%m%d", "2024-01-31"),
        ([2024031, 2024366], "%Y%j", "2024-01-31"),
        ([2024013100, 2024013123], "%Y%m%d%H", "2024-01-31"),
        ([202401310000, 202401312359], "%Y%m%d%H%M", "2024-01-31"),
        ([20240131000000, 20240131235959], "%Y%m%d%H%M%S", "2024-01-31"),
        ([1704067200, 1704070800], "s", "2024-01-01"),
        ([1704067200000, 1704070800000], "ms", "2024-01-01"),
        ([1704067200000000, 1704070800000000], "us", "2024-01-01"),
        ([1990.0, 1991.0], "%Y", "1990-01-01"),
    ],
)
def test_numbers(numbers: list[float], notation: str, first: str) -> None:
    timestamps = detect_timestamps(column(*numbers))
    assert timestamps is not None
    assert timestamps.format == notation
    assert timestamps.written[0] == pd.Timestamp(first)
    assert list(restore_notation(timestamps.values, notation)) == numbers
    assert list(read_timestamps(column(*map(str, map(int, numbers)))).values) == list(timestamps.values)


@pytest.mark.parametrize("numbers", [[1, 2], [0.5, 1990.5], [20241399, 20240131], [202413, 202401], [123456, 7654321]])
def test_other_numbers_are_no_timestamps(numbers: list[float]) -> None:
    assert detect_timestamps(column(*numbers)) is None
    with pytest.raises(DataError, match="expected a timestamp such as 2024-05-31 in every row, found"):
        read_timestamps(column(*numbers))


def test_several_formats_of_one_order_of_day_and_month_are_read() -> None:
    texts = column("31.05.2024", "1.6.2024 10:00", "2024-06-02", None, "5 June 2024 11:00", "soon")
    expected = ["2024-05-31", "2024-06-01 10:00", "2024-06-02", None, "2024-06-05 11:00", None]
    assert list(local_timestamps(texts).fillna(pd.Timestamp(0))) == [pd.Timestamp(each or 0) for each in expected]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (("2024-05-31", "soon"), "found 'soon' in row 1"),
        (("2024-05-31 10:00+02:00", "2024-06-01 10:00"), "a UTC offset such as [+]02:00 in every row or in none"),
        (("03/04/2024", "02/01/2024", "05/03/2024"), "set problem.options.date_format, such as %d/%m/%Y"),
        (("3/4/2024", "2024-05-31"), "set problem.options.date_format, such as %d/%m/%Y"),
    ],
)
def test_uncertain_timestamps_are_refused(values: tuple[str, ...], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_series_timestamps(column(*values), None, None)


def test_the_format_of_the_options_decides() -> None:
    assert read_series_timestamps(column("03/04/2024", "2024-05-31"), "%d/%m/%Y", None).values[0].month == 4
    assert read_series_timestamps(column("03/04/2024", "2024-05-31"), "%m/%d/%Y", None).values[0].month == 3
    with pytest.raises(DataError, match="found '12/31/2024' in row 1"):
        read_series_timestamps(column("03/04/2024", "12/31/2024"), "%d/%m/%Y", None)
