"""Options that are proposed for a time series: horizon, lookback, season, gaps and covariates.

The horizon and the lookback are usual ones for the frequency, at most an eighth and a third of the longest series.
Every step of a forecast needs an observed target, so a horizon is shortened until at least a quarter of the forecasts
would remain if gaps were at random.
"""

from __future__ import annotations

import itertools
import math
import re

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.records.date_texts import ISO
from sakon.records.frequency import Frequency, describe_frequency, seasonal_period
from sakon.records.frequency_inference import MAX_OFF_GRID, infer_frequency, off_grid_timestamps
from sakon.records.proposals import ProposedValue, ReasonedList, Recognition, option
from sakon.records.raw_summary import MIN_TIMESTAMPS, ColumnRoles, DateColumn, RawSummary, RegularSeries
from sakon.records.time_zones import UTC
from sakon.records.windows import MIN_FORECASTS, count_forecasts, has_min_forecasts

WINDOWS = {"YS": (3, 10), "YE": (3, 10), "QS": (4, 16), "QE": (4, 16), "MS": (12, 36), "ME": (12, 36), "W": (8, 52)}
WINDOWS |= {"D": (14, 56), "B": (10, 60), "h": (24, 168)}
"""Horizon and lookback in steps, by the unit of the frequency."""
DEFAULT_WINDOW = (12, 96)
MIN_COMPLETE_FORECASTS = 0.25
MAX_FORECASTS = 4000
DEFAULT_SEASON = 12
KNOWN_IN_ADVANCE = re.compile(
    r"(^|[_\s])(holidays?|weekday|weekend|work(ing)?_?day|functioning.*|day_?type|day_?of_?(the_?)?(week|month|year)|dow|"
    r"hour|hr|month|mnth|quarter|season|week|year|yr|school.*|event|promo(tion)?s?|is_?(open|holiday|weekend).*)(_?(flag|name))?$",
    re.IGNORECASE,
)


def recognise_series(raw: RawSummary) -> Recognition:
    """Decide whether a table holds a time series of numbers."""
    series = raw.series
    if series is None:
        return Recognition(is_match=False, reason=_why_no_series(raw))
    count = f"{series.count:,} series of up to" if series.series else "one series of"
    step = describe_frequency(series.frequency)
    return Recognition(is_match=True, reason=f"{count} {series.max_length:,} timestamps, one per {step}")


def _why_no_series(raw: RawSummary) -> str:
    if not pd.api.types.is_numeric_dtype(raw.target_values):
        return "the target is not a number"
    if raw.target_values.nunique() <= 2:
        return f"the target has only {raw.target_values.nunique()} different values"
    if len(raw.table) < MIN_TIMESTAMPS and not raw.roles.dates:
        return f"the table has only {len(raw.table)} rows"
    if not raw.roles.dates:
        return "no column of dates"
    for name, dates in raw.roles.dates.items():
        if (reason := _why_nearly_regular(name, dates.values.dropna())) is not None:
            return reason
    names = ", ".join(f"'{name}'" for name in raw.roles.dates)
    verb = "has" if len(raw.roles.dates) == 1 else "have"
    lack = f"fewer than {MIN_TIMESTAMPS}" if len(raw.table) < MIN_TIMESTAMPS else "no regular"
    return f"{names} {verb} {lack} timestamps"


def _why_nearly_regular(name: str, timestamps: pd.Series) -> str | None:
    """Return what keeps timestamps from being regular if it is only a few rows, otherwise `None`."""
    is_repeated = timestamps.duplicated()
    unique = timestamps[~is_repeated].sort_values()
    if 0 < is_repeated.mean() <= MAX_OFF_GRID and infer_frequency(unique) is not None:
        count = "1 timestamp" if is_repeated.sum() == 1 else f"{is_repeated.sum():,} timestamps"
        return (
            f"'{name}' repeats {count}, such as {timestamps[is_repeated].iloc[0]}; where clocks are set back, local "
            f"times need their UTC offset"
        )
    irregular = off_grid_timestamps(unique)
    if irregular is None or is_repeated.any():
        return None
    frequency, between = irregular
    count = "1 of its timestamps is" if len(between) == 1 else f"{len(between):,} of its timestamps are"
    step = describe_frequency(frequency)
    return f"'{name}' has one timestamp per {step}, but {count} in between, such as {between.iloc[0]}"


def propose_series_options(raw: RawSummary) -> list[ProposedValue]:
    """Propose the options of a time series, each with its reason.

    Raises:
        DataError: If the table holds no time series.
    """
    series = raw.series
    if series is None:
        raise DataError(
            f"expected a target of numbers and at least {MIN_TIMESTAMPS} (nearly) regular timestamps such as "
            f"2024-01-31, each once or once per series, found that {_why_no_series(raw)}; choose another --target or "
            f"--kind."
        )
    horizon, lookback = windows(series)
    step = describe_frequency(series.frequency)
    options = [
        option("horizon", horizon, f"steps to forecast; one step per {step}{_horizon_note(series)}"),
        option("lookback", lookback, "past steps that a model reads"),
    ]
    if (stride := training_stride(series)) > 1:
        options.append(
            option("stride", stride, "steps between training forecasts: neighbours are nearly alike; 1 uses all")
        )
    if series.series:
        options.append(option("series", series.series, "identifies the series: one row per series and timestamp"))
    options += [option("frequency", series.frequency, f"one timestamp per {step}"), *_notation(series, raw.roles)]
    options.append(_season(series))
    if series.missing:
        subject = "1 step has" if series.missing == 1 else f"{series.missing:,} steps have"
        options.append(option("gaps", "fill", f"{subject} no row or no target; `refuse` would stop with an error"))
    options += _other_columns(series, raw.roles)
    return [*options, option("holidays", "US", "public holidays of a country, known in advance", active=False)]


def _notation(series: RegularSeries, roles: ColumnRoles) -> list[ProposedValue]:
    """Propose the time zone and the format of the timestamps, as far as they are not obvious."""
    options = []
    dates = roles.dates.get(series.time)
    if dates is not None and dates.format not in (None, ISO):
        also = f"; {dates.other_format} fits as well: check it" if dates.other_format else ""
        options.append(option("date_format", dates.format, f"of '{series.time}'{also}"))
    if series.timezone is not None:
        options.append(option("timezone", series.timezone, _zone_reason(series.timezone, dates)))
    return options


def _zone_reason(zone: str, dates: DateColumn | None) -> str:
    if dates is None:
        return "Unix times are in UTC; set another zone if local days and hours matter"
    if zone == UTC and dates.has_several_offsets:
        return "the UTC offsets of the timestamps fit no time zone: days and hours are those of UTC"
    if zone == UTC:
        return "of the timestamps; set another zone if local days and hours matter"
    if not dates.has_several_offsets and zone.startswith(("+", "-")):
        return "UTC offset of all timestamps; set a zone such as Europe/Berlin instead if its clocks change"
    if not dates.has_several_offsets:
        return "of the timestamps; days and hours are local"
    return "assumed: it has the UTC offsets of the timestamps; set another zone with the same offsets if it is another"


def windows(series: RegularSeries) -> tuple[int, int]:
    """Return the horizon and the lookback in steps, sized to the length and the gaps of the series.

    They are shortened until train, validation and test have enough forecasts.
    """
    horizon, lookback = _usual_window(series.frequency)
    horizon = max(1, min(horizon, _max_complete_horizon(series, horizon), series.max_length // 8))
    lookback = max(2, min(lookback, series.max_length // 3))
    while not has_min_forecasts(counts := _counts(series, horizon, lookback)) and horizon + lookback > 3:
        is_train_short = counts[0] < MIN_FORECASTS[0]
        if horizon == 1 or (is_train_short and lookback > 2 * horizon and lookback > 2):
            lookback -= min(lookback - 2, max(1, lookback // 16))
        else:
            horizon -= 1
    return horizon, lookback


def has_forecasts(series: RegularSeries) -> bool:
    """Return whether the gaps of a series leave enough forecasts, if horizon and lookback are short."""
    return has_min_forecasts(_counts(series, *windows(series)))


def _counts(series: RegularSeries, horizon: int, lookback: int) -> tuple[int, ...]:
    return count_forecasts(series.steps, series.frequency, horizon, lookback, training_stride(series))


def _usual_window(frequency: str) -> tuple[int, int]:
    step = Frequency.parse(frequency)
    return WINDOWS.get(step.unit, DEFAULT_WINDOW) if step.count == 1 else DEFAULT_WINDOW


def _max_complete_horizon(series: RegularSeries, limit: int) -> int:
    """Return the longest horizon of which enough forecasts have an observed target at every step, up to a limit."""
    if series.observed == 1:
        return limit
    return int(math.log(MIN_COMPLETE_FORECASTS) / math.log(series.observed))


def is_shortened_by_gaps(series: RegularSeries) -> bool:
    """Return whether the horizon is shorter than it would be without gaps."""
    horizon, _ = windows(series)
    usual_horizon, _ = _usual_window(series.frequency)
    return horizon < max(1, min(usual_horizon, series.max_length // 8))


def _horizon_note(series: RegularSeries) -> str:
    if not is_shortened_by_gaps(series):
        return ""
    return f"; short because every step needs an observed target, and {1 - series.observed:.0%} have none"


def training_stride(series: RegularSeries) -> int:
    """Return the steps between training forecasts: a few thousand forecasts that start at every step of the season."""
    season = seasonal_period(series.frequency)
    stride = -(-series.rows // MAX_FORECASTS)
    return next(candidate for candidate in itertools.count(stride) if math.gcd(candidate, season) == 1)


def _season(series: RegularSeries) -> ProposedValue:
    period = seasonal_period(series.frequency)
    if series.season:
        return option(
            "season", series.season, f"confirmed: autocorrelation {series.autocorrelation:.2f} at lag {series.season}"
        )
    if period == 1:
        return option("season", DEFAULT_SEASON, "steps of a season; this frequency has no usual one", active=False)
    why_not = (
        "the series is too short"
        if series.autocorrelation is None
        else f"autocorrelation {series.autocorrelation:.2f} at lag {period}"
    )
    return option("season", period, f"usual for this frequency, but not confirmed: {why_not}", active=False)


def _other_columns(series: RegularSeries, roles: ColumnRoles) -> list[ProposedValue]:
    types = {name: column_type for name, column_type in roles.types.items() if name not in (series.series, series.time)}
    in_advance = [name for name in types if KNOWN_IN_ADVANCE.search(name)]
    numbers = [name for name, column_type in types.items() if column_type != "category" and name not in in_advance]
    options = []
    if numbers:
        reasons = ReasonedList(dict.fromkeys(numbers, "a number that is known up to the forecast"))
        options.append(option("covariates", reasons))
    if in_advance:
        reasons = ReasonedList(dict.fromkeys(in_advance, "its name suggests that it is known in advance"))
        options.append(option("known", reasons))
    return options
