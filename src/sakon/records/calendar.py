"""Calendar features, known for any timestamp: hour, day of the week, day of the year, public holidays."""

from __future__ import annotations

import numpy as np

from sakon.lazy import pd
from sakon.records.frequency import Frequency
from sakon.records.time_zones import local_time

HARMONICS = {"hour": 2, "weekday": 3, "yearday": 2}


def calendar_features(time: pd.Series, frequency: str, country: str | None) -> pd.DataFrame:
    """Return sines and cosines of the calendar cycles, and public holidays.

    Args:
        time: Timestamps; their calendar fields are local if they have a time zone.
        frequency: Their frequency. Hours are included below a day, days of the week below a week,
            days of the year below a year.
        country: Country code of the holidays, such as US, or `None`.

    Returns:
        One column per feature, in [-1, 1], float64.
    """
    time = local_time(time)
    step, day = _step(frequency), pd.Timedelta(days=1)
    cycles: dict[str, np.ndarray] = {}
    if step < day:
        cycles["hour"] = (time.dt.hour + time.dt.minute / 60).to_numpy() / 24
    if step < 7 * day:
        cycles["weekday"] = time.dt.dayofweek.to_numpy() / 7
    if step < 360 * day:
        cycles["yearday"] = (time.dt.dayofyear.to_numpy() - 1) / 365.25
    columns = {
        f"{name}_{wave}_{number}": function(2 * np.pi * number * phase)
        for name, phase in cycles.items()
        for number in range(1, HARMONICS[name] + 1)
        for wave, function in (("sin", np.sin), ("cos", np.cos))
    }
    if country is not None:
        columns["holiday"] = is_holiday(time, country).astype(float)
    return pd.DataFrame(columns, index=time.index)


def is_holiday(time: pd.Series, country: str) -> np.ndarray:
    """Return whether the local day of each timestamp is a public holiday of a country, (rows,), bool."""
    import holidays

    time = local_time(time)
    years = range(int(time.dt.year.min()), int(time.dt.year.max()) + 1)
    days = pd.DatetimeIndex(sorted(holidays.country_holidays(country, years=years)))
    return np.asarray(time.dt.normalize().isin(days))


def has_holidays(country: str) -> bool:
    """Return whether the public holidays of a country code are available."""
    import holidays

    return country in holidays.list_supported_countries()


def _step(frequency: str) -> pd.Timedelta:
    first, second = Frequency.parse(frequency).following(pd.Series([pd.Timestamp(2023, 1, 1)]), 2)
    return second - first
