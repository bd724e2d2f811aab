"""Proposes how rows are divided into train, validation and test: by time, by group, or at random."""

from __future__ import annotations

from sakon.lazy import pd
from sakon.onboarding.regular_series import first_regular_column
from sakon.problem import SplitConfig
from sakon.records.proposals import ProposedValue
from sakon.records.raw_summary import ColumnRoles, RawSummary
from sakon.records.splitting import SPLITS

MAX_CLASSES = 50
EARLY_ROWS = 0.5
BY_TIME = "regular timestamps: train is before validation, validation before test"


def propose_split(raw: RawSummary, is_forecast: bool = False) -> list[ProposedValue]:
    """Propose the column by which rows are divided; nothing for a split at random.

    Args:
        raw: The raw data.
        is_forecast: Whether the kind forecasts series, which are always divided by time.
    """
    if raw.series is not None:
        others = {*raw.roles.types, *raw.roles.dates, *raw.roles.texts} - {raw.series.time}
        reason = BY_TIME if is_forecast or others else "use this to predict later rows; the table has no other feature"
        return [_split("time", raw.series.time, reason, active=is_forecast or bool(others))]
    values = []
    if raw.group is not None:
        reason = f"{raw.roles.groups[raw.group]}; rows with the same value stay in one split"
        values.append(_split("group", raw.group, reason))
    time = first_regular_column({name: dates.values for name, dates in raw.roles.dates.items()})
    if time is not None and raw.group is None and _has_all_classes_early(raw, time):
        values.append(_split("time", time, BY_TIME))
    elif raw.roles.dates:
        reason = "use this to predict later rows from earlier ones; the date is then not a feature"
        values.append(_split("time", next(iter(raw.roles.dates)), reason, active=False))
    return values


def default_fractions() -> list[ProposedValue]:
    """Return the fractions of validation and test, which are the same for every problem."""
    defaults = SplitConfig()
    return [
        _split("validation", defaults.validation, "of the rows, to select by", printed=False),
        _split("test", defaults.test, "of the rows, for the final score", printed=False),
    ]


def _split(name: str, value: object, reason: str, active: bool = True, printed: bool = True) -> ProposedValue:
    return ProposedValue(("problem", "split", name), value, reason, active, printed)


def _has_all_classes_early(raw: RawSummary, time: str) -> bool:
    """Return whether the first half of the rows by time has every class; always of numbers with many values."""
    target = raw.target_values
    if target.nunique() > MAX_CLASSES:
        return bool(pd.api.types.is_numeric_dtype(target))
    early = raw.roles.dates[time].values.rank(pct=True) <= EARLY_ROWS
    return bool(target[early].nunique() == target.nunique())


def choose_group(table: pd.DataFrame, target: str, roles: ColumnRoles) -> str | None:
    """Return the group with the most values of which every class has enough for all splits, or `None`."""
    values = table[target]
    has_classes = values.nunique() <= len(values) / len(SPLITS) and not pd.api.types.is_float_dtype(values)
    for name in roles.groups:
        groups = table.groupby(values)[name].nunique() if has_classes else table[[name]].nunique()
        if groups.min() >= len(SPLITS):
            return name
    return None
