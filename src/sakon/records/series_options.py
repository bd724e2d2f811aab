"""Options of a time series, their checks, and the specification that follows from options and data."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.problem import Problem, SeriesSpec
from sakon.records.calendar import has_holidays
from sakon.records.frequency import is_frequency, seasonal_period
from sakon.records.frequency_inference import infer_frequency
from sakon.records.raw_table import TableOptions, column_errors, number_errors
from sakon.records.time_series import iterate_series
from sakon.records.time_zones import find_zone
from sakon.records.timestamps import Timestamps, read_timestamps

DEFAULT_LOOKBACK_SEASONS = 4


class SeriesOptions(TableOptions):
    """`problem.options` of series; the column of timestamps is `split.time`.

    Attributes:
        horizon: Steps to forecast; if left out, one season.
        lookback: Steps to forecast from; if left out, four times the longer of season and horizon.
        stride: Steps between the forecasts of train and validation.
        series: Column that names the series of a panel.
        frequency: Frequency of the timestamps, such as h, W-SUN, BME or MS+14D (the 15th of every month); if left out,
            it is inferred.
        timezone: Time zone of the timestamps, an IANA name or an offset such as +09:00; if left out, their own one.
        date_format: Format of timestamps in text, such as %d.%m.%Y; if left out, it is inferred.
        season: Steps of one season; if left out, it follows from the frequency.
        covariates: Columns of numbers that are known up to the time of the forecast (past covariates).
        known: Columns that are known ahead (future covariates).
        holidays: Country code whose public holidays are a feature, such as US.
        gaps: Whether missing timestamps are an error or filled; filled steps are never a target.
    """

    horizon: int | None = Field(None, ge=1)
    lookback: int | None = Field(None, ge=1)
    stride: int = Field(1, ge=1)
    series: str | None = None
    frequency: str | None = None
    timezone: str | None = None
    date_format: str | None = None
    season: int | None = Field(None, ge=1)
    covariates: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    holidays: str | None = None
    gaps: Literal["refuse", "fill"] = "refuse"


def raw_errors(table: pd.DataFrame, problem: Problem, options: SeriesOptions) -> list[str]:
    """Return one message per error in the options and in the raw table."""
    if problem.split.time is None:
        return ["problem.split.time: expected the name of the column of timestamps for kind 'series', found none."]
    columns = {name: getattr(options, name) for name in ("covariates", "known", "missing")}
    columns["series"] = [options.series] if options.series is not None else []
    errors = column_errors(table, problem, columns)
    for column in (problem.target, *options.covariates):
        if column in table and not errors:
            errors += number_errors(table[column])
    if options.holidays is not None and not has_holidays(options.holidays):
        errors.append(
            f"problem.options.holidays: expected a country code such as US or ES, found '{options.holidays}'."
        )
    if options.frequency is not None and not is_frequency(options.frequency):
        errors.append(
            f"problem.options.frequency: expected a pandas alias such as h, D or MS, or a day of the month such as "
            f"MS+14D, found '{options.frequency}'."
        )
    if options.timezone is not None and find_zone(options.timezone) is None:
        errors.append(
            f"problem.options.timezone: expected a time zone such as Europe/Berlin or +09:00, found "
            f"'{options.timezone}'."
        )
    return errors


def read_series_timestamps(column: pd.Series, date_format: str | None, timezone: str | None) -> Timestamps:
    """Return the timestamps of a series; see `sakon.records.timestamps.read_timestamps`.

    Raises:
        DataError: If a value is missing or not a timestamp, or no row tells day and month apart.
    """
    timestamps = read_timestamps(column, date_format, timezone)
    if timestamps.other_format:
        raise DataError(
            f"Column '{column.name}': expected timestamps of which day and month are certain, found texts such as "
            f"'{column.iloc[0]}', of which they could be exchanged; write them as 2024-05-31, or set "
            f"problem.options.date_format, such as {timestamps.other_format}."
        )
    return timestamps


def make_series_spec(
    table: pd.DataFrame, problem: Problem, options: SeriesOptions, timestamps: Timestamps
) -> SeriesSpec:
    """Return the specification of a series: what the options leave out follows from the data.

    Args:
        table: Rows sorted by series and time.
        problem: Configuration of the problem.
        options: Its options.
        timestamps: Timestamps of the raw data.

    Raises:
        DataError: If the timestamps have no frequency.
    """
    time = str(problem.split.time)
    frequency = options.frequency
    if frequency is None:
        longest = max((rows for _, rows in iterate_series(table, options.series)), key=len)
        frequency = infer_frequency(longest[time])
    if frequency is None:
        raise DataError(
            f"Column '{time}': expected timestamps of one frequency, found {table[time].diff().nunique()} different "
            f"steps; set problem.options.frequency, and problem.options.gaps to fill, to resample them."
        )
    season = options.season or seasonal_period(frequency)
    horizon = options.horizon or season
    return SeriesSpec(
        time=time,
        series=options.series,
        frequency=frequency,
        timezone=timestamps.timezone,
        date_format=options.date_format or timestamps.format,
        season=season,
        horizon=horizon,
        stride=options.stride,
        lookback=options.lookback or DEFAULT_LOOKBACK_SEASONS * max(season, horizon),
        covariates=options.covariates,
        known=options.known,
        holidays=options.holidays,
    )
