"""Time zones of timestamps: offsets in texts, the zone that offsets fit, and local time.

Timestamps with a zone are stored with it. Their calendar fields are local; the time between two of them is absolute.
"""

from __future__ import annotations

import re
from datetime import UTC as UTC_ZONE
from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, available_timezones

import numpy as np

from sakon.lazy import pd

UTC = "UTC"
OFFSET_IN_TEXT = re.compile(r"^(?P<wall>.*[:T]\d.*?)\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)$")
MAX_LENGTH = 50
FIXED_OFFSET = re.compile(r"(?P<sign>[+-])(?P<hours>\d{2})(?::?(?P<minutes>\d{2}))?")
COMMON_ZONES = (
    "Europe/Berlin", "Europe/London", "Europe/Helsinki", "America/New_York", "America/Chicago", "America/Denver",
    "America/Los_Angeles", "America/Anchorage", "America/Halifax", "America/Sao_Paulo", "Australia/Sydney",
    "Australia/Adelaide", "Pacific/Auckland",
)  # fmt: skip
"""Zones with daylight saving time that are proposed before others with the same offsets."""


def split_offsets(texts: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Divide texts such as 2024-05-31 10:00+02:00 into the local time and the offset.

    Returns:
        The texts without offset, and the offset from UTC as text; missing where a text has none.
    """
    short = texts.astype("string").where(texts.str.len() <= MAX_LENGTH)
    parts = short.str.extract(OFFSET_IN_TEXT)
    return parts["wall"].fillna(texts), parts["zone"].replace({"Z": UTC, "GMT": UTC})


def find_zone(name: str) -> tzinfo | None:
    """Return the zone of an IANA name such as Europe/Berlin, or of an offset such as +09:00; `None` if unknown."""
    if name == UTC:
        return UTC_ZONE
    fixed = FIXED_OFFSET.fullmatch(name)
    if fixed is None:
        return ZoneInfo(name) if name in available_timezones() else None
    minutes = int(fixed["hours"]) * 60 + int(fixed["minutes"] or 0)
    return timezone(timedelta(minutes=-minutes if fixed["sign"] == "-" else minutes))


def zone_of(timestamps: pd.Series) -> str | None:
    """Return the name of the time zone of timestamps: an IANA name, an offset such as +09:00, or `None`."""
    zone = getattr(timestamps.dtype, "tz", None)
    if zone is None:
        return None
    name = getattr(zone, "key", None) or getattr(zone, "zone", None)
    if name is not None:
        return str(name)
    offset = zone.utcoffset(None)
    return UTC if not offset else _format_offset(offset)


def local_time(timestamps: pd.Series) -> pd.Series:
    """Return timestamps as their local time, without zone."""
    return timestamps if zone_of(timestamps) is None else timestamps.dt.tz_localize(None)


def to_zone(timestamps: pd.Series, zone: str | None) -> pd.Series:
    """Return timestamps in a zone; those without zone are local times of it. Without a zone, return the local time.

    Raises:
        ValueError: If a local time occurs twice, when clocks are set back, and the order does not tell which it is.
    """
    if zone is None:
        return local_time(timestamps)
    zoned: pd.Series
    if zone_of(timestamps) is not None:
        zoned = timestamps.dt.tz_convert(find_zone(zone))
        return zoned
    try:
        zoned = timestamps.dt.tz_localize(find_zone(zone), nonexistent="shift_forward", ambiguous="raise")
    except ValueError:
        zoned = timestamps.dt.tz_localize(find_zone(zone), nonexistent="shift_forward", ambiguous="infer")
    return zoned


def localize_grid(local: pd.DatetimeIndex, zone: tzinfo | None, present: pd.Series) -> pd.DatetimeIndex:
    """Return local times as timestamps of a zone.

    A time that clocks skip is moved forward. Of a time that occurs twice, the one that is present is taken, otherwise
    the first one.
    """
    if zone is None:
        return local
    first, second = (
        local.tz_localize(zone, nonexistent="shift_forward", ambiguous=np.full(len(local), is_summer))
        for is_summer in (True, False)
    )
    takes_second = second.isin(present) & ~first.isin(present)
    return pd.DatetimeIndex(first.where(~takes_second, second))


def instants_of(local: pd.Series, offsets: pd.Series) -> pd.Series:
    """Return local times with offsets from UTC, as texts, as timestamps in UTC."""
    return (local - pd.to_timedelta(_seconds(offsets), unit="s")).astype("datetime64[us]").dt.tz_localize(UTC)


def infer_zone(instants: pd.Series, offsets: pd.Series) -> str:
    """Return the zone whose offsets are those of timestamps.

    Args:
        instants: Timestamps in UTC.
        offsets: Their offsets, as texts.

    Returns:
        The offset itself if it is the only one; otherwise a zone that has these offsets at these times, or UTC.
    """
    seconds = _seconds(offsets)
    is_valid = instants.notna()
    seconds, instants = seconds[is_valid], instants[is_valid]
    if instants.empty:
        return UTC
    if seconds.nunique() == 1:
        return _format_offset(timedelta(seconds=float(seconds.iloc[0]))) if seconds.iloc[0] else UTC
    order = np.argsort(instants.to_numpy(), kind="stable")
    seconds, instants = seconds.iloc[order], instants.iloc[order]
    changes = np.flatnonzero(seconds.diff().fillna(1).to_numpy())
    rows = np.unique(np.clip(np.concatenate([changes, changes - 1]), 0, len(seconds) - 1))
    times, expected = pd.DatetimeIndex(instants.iloc[rows]), seconds.iloc[rows].to_numpy()
    for name in (*COMMON_ZONES, *sorted(available_timezones())):
        if _has_offsets(name, times, expected) and _has_offsets(name, pd.DatetimeIndex(instants), seconds.to_numpy()):
            return name
    return UTC


def _has_offsets(zone: str, instants: pd.DatetimeIndex, seconds: np.ndarray) -> bool:
    local = instants.tz_convert(zone).tz_localize(None)
    return bool(((local - instants.tz_localize(None)).total_seconds() == seconds).all())


def _seconds(offsets: pd.Series) -> pd.Series:
    zones = {text: find_zone(text) for text in offsets.unique()}
    seconds = {text: zone.utcoffset(None).total_seconds() for text, zone in zones.items()}  # type: ignore[union-attr]
    return offsets.map(seconds).astype("float64")


def _format_offset(offset: timedelta) -> str:
    minutes = int(offset.total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
