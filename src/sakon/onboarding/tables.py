"""Settings of a problem whose raw data are a table, by kind."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sakon.errors import ParameterError
from sakon.lazy import pd
from sakon.onboarding import targets, time_series
from sakon.onboarding.columns import Roles
from sakon.onboarding.settings import Reasons, Setting
from sakon.onboarding.sources import Source
from sakon.onboarding.time_series import Series

SPLITS = 3
HALF = 0.5
MOST_CLASSES = 50
KNOWN_AHEAD = re.compile(
    r"(^|[_\s])(holidays?|weekday|weekend|work(ing)?_?day|functioning.*|day_?type|day_?of_?(the_?)?(week|month|year)|dow|"
    r"hour|hr|month|mnth|quarter|season|week|year|yr|school.*|event|promo(tion)?s?|is_?(open|holiday|weekend).*)(_?(flag|name))?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Look:
    """A table and what was seen in it.

    Attributes:
        source: Where it comes from.
        table: The raw table.
        target: The column to predict.
        task: The task that the user wants, or `None`.
        roles: What the other columns are for.
        series: The time series that the table is, or `None`.
    """

    source: Source
    table: pd.DataFrame
    target: str
    task: str | None
    roles: Roles
    series: Series | None


def of_table(look: Look, why: str) -> list[Setting]:
    """Propose a problem of kind `tabular`."""
    roles, series = look.roles, look.series
    settings = [*_head(look, "tabular", why), *targets.settings(look.table[look.target], look.task, look.source)]
    settings += _split(look)
    later = "not read as a category: there is a column of text, see kind 'text'"
    ignore = Reasons(roles.ignore | {name: f"{reason}; {later}" for name, reason in roles.text.items()})
    if series is not None and series.panel in roles.group:
        ignore[series.panel] = "names the series of a panel"
    if ignore:
        settings.append(Setting(("problem", "options", "ignore"), ignore))
    codes = Reasons(roles.category)
    spare = [name for name in roles.group if name != _group(look)[0]]
    codes |= {name: "an identifier that repeats" for name in spare if name not in ignore}
    if codes:
        settings.append(Setting(("problem", "options", "category"), codes))
    return settings


def of_text(look: Look, text: str, why: str) -> list[Setting]:
    """Propose a problem of kind `text`."""
    settings = [*_head(look, "text", why), *targets.settings(look.table[look.target], look.task, look.source)]
    settings += _split(look)
    others = [name for name in (*look.roles.text, *look.roles.plain, *look.roles.dates) if name != text]
    unread = f"; not read: {', '.join(others)}" if others else ""
    return [
        *settings,
        Setting(("problem", "options", "text"), text, f"{look.roles.text.get(text, 'the longest text')}{unread}"),
        Setting(("problem", "options", "vocabulary"), 10_000, "words kept, the commonest", active=False),
    ]


def of_series(look: Look, series: Series) -> list[Setting]:
    """Propose a problem of kind `series`."""
    frequency, (horizon, lookback) = series.frequency, series.windows
    of = f"{series.count:,} series of up to" if series.panel else "one series of"
    why = f"{of} {series.length:,} moments, one every {frequency.every}, and a target of numbers"
    options = [
        Setting(_option("horizon"), horizon, f"{frequency.every}s ahead to forecast{_cut(series)}"),
        Setting(_option("lookback"), lookback, f"{frequency.every}s back that a model reads"),
    ]
    if series.stride > 1:
        nearly_alike = "steps from a forecast to learn from to the next: neighbours are nearly alike; 1 takes all"
        options.append(Setting(_option("stride"), series.stride, nearly_alike))
    if series.panel:
        options.append(Setting(_option("series"), series.panel, "names the series: with the time it is in no two rows"))
    options.append(Setting(_option("frequency"), frequency.alias, f"one moment every {frequency.every}"))
    options.append(_season(series))
    if frequency.missing:
        count = frequency.missing
        missing = f"{count:,} moment{' is' if count == 1 else 's are'} missing or without a target"
        options.append(Setting(_option("gaps"), "fill", f"{missing}; `refuse` would stop there"))
    options += _companions(look, series)
    options.append(Setting(_option("holidays"), "US", "public holidays of a country, known ahead", active=False))
    return [
        *_head(look, "series", why),
        Setting(("problem", "task"), "forecast", "of a series"),
        Setting(("problem", "metric"), "mae", "or rmse, r2", active=False),
        Setting(("problem", "split", "time"), series.time, "the parts follow each other: train, validation, test"),
        *options,
    ]


def _cut(series: Series) -> str:
    if not series.is_cut_by_gaps:
        return ""
    return f", few: all must have been observed, and {1 - series.observed:.0%} of the moments are missing"


def _option(name: str) -> tuple[str, ...]:
    return ("problem", "options", name)


def _season(series: Series) -> Setting:
    usual = series.frequency.steps_per_season
    if series.season:
        why = f"confirmed: the target correlates by {series.correlation:.2f} with itself {series.season} steps before"
        return Setting(_option("season"), series.season, why)
    if usual is None:
        return Setting(_option("season"), 12, "steps of a season; none is usual at this frequency", active=False)
    seen = (
        "too few moments to confirm it" if series.correlation is None else f"correlation only {series.correlation:.2f}"
    )
    return Setting(_option("season"), usual, f"usual at this frequency, but not confirmed: {seen}", active=False)


def _companions(look: Look, series: Series) -> list[Setting]:
    plain = {name: sort for name, sort in look.roles.plain.items() if name != series.panel}
    known = Reasons({name: "named like something known ahead" for name in plain if KNOWN_AHEAD.search(name)})
    numbers = [name for name, sort in plain.items() if sort != "category" and name not in known]
    covariates = Reasons(dict.fromkeys(numbers, "numbers, known up to now"))
    found = []
    if covariates:
        found.append(Setting(_option("covariates"), covariates))
    if known:
        found.append(Setting(_option("known"), known))
    return found


def _head(look: Look, kind: str, why: str) -> list[Setting]:
    return [
        Setting(("problem", "kind"), kind, why),
        Setting(("problem", "target"), look.target, "what is to be predicted", told=False),
    ]


def _split(look: Look) -> list[Setting]:
    """Propose how rows are parted: by the time of a series, by group, or at random."""
    path, dates = ("problem", "split"), list(look.roles.dates)
    if look.series is not None:
        return [Setting((*path, "time"), look.series.time, "regular moments: the parts follow each other")]
    found = []
    group, why = _group(look)
    if group is not None:
        found.append(Setting((*path, "group"), group, f"{why}; rows of one never straddle the parts"))
    time = time_series.regular({name: each.values for name, each in look.roles.dates.items()})
    if time is not None and group is None and _is_known_early(look, time):
        found.append(Setting((*path, "time"), time, "regular moments: the parts follow each other"))
    elif dates:
        why = "if later rows are to be predicted from earlier ones (then the date is no feature)"
        found.append(Setting((*path, "time"), dates[0], why, active=False))
    return found


def _is_known_early(look: Look, time: str) -> bool:
    """Say whether the first half of the moments shows every value of a target of classes."""
    target = look.table[look.target]
    if target.nunique() > MOST_CLASSES:
        return bool(pd.api.types.is_numeric_dtype(target))
    early = look.roles.dates[time].values.rank(pct=True) <= HALF
    return bool(target[early].nunique() == target.nunique())


def _group(look: Look) -> tuple[str | None, str]:
    """Return the best group of which every class has enough for all parts, and why it is one."""
    target = look.table[look.target]
    few_classes = target.nunique() <= len(target) / SPLITS and not pd.api.types.is_float_dtype(target)
    for name, why in look.roles.group.items():
        per_class = look.table.groupby(target)[name].nunique() if few_classes else look.table[[name]].nunique()
        if per_class.min() >= SPLITS and look.series is None:
            return name, why
    return None, ""


def most_worded(look: Look) -> str:
    """Return the column with the longest text, whether it is free text or not.

    Raises:
        ParameterError: If no column holds text.
    """
    texts = look.table.drop(columns=look.target).select_dtypes(["object", "string"])
    if look.roles.text:
        return next(iter(look.roles.text))
    if texts.empty:
        raise ParameterError(
            f"--kind text: expected a column of text besides the target, found none in {look.source.path.name}."
        )
    return str(texts.astype(str).map(len).mean().idxmax())
