"""The kind of a problem, and everything together.

The kind, the first that fits: `image` for a folder or an `.npz` file; `text` where a column of free text (`columns`)
holds at least three quarters of the characters of all columns that could be learnt from; `series` for a table that
is one (`moments`); else `tabular`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sakon.errors import DataError, ParameterError, did_you_mean
from sakon.lazy import pd
from sakon.onboarding import columns, dates, images, targets, time_series
from sakon.onboarding.columns import SAMPLE, Roles
from sakon.onboarding.settings import Setting, plural
from sakon.onboarding.sources import ARRAYS, IMAGE_FOLDER, Source, load_table
from sakon.onboarding.tables import Look, most_worded, of_series, of_table, of_text
from sakon.onboarding.time_series import Series
from sakon.records.raw_table import MIN_ROWS

KINDS = ("tabular", "text", "series", "image")
TASKS = ("classification", "regression", "forecast")
MAIN_SHARE = 0.75
MOST_NAMED = 6
HOUR = re.compile(r"hour|hr|stunde|hours", re.IGNORECASE)
MOMENT = "moment"
TYPES_DATES = ("pandas.CSVDataset", "pandas.ExcelDataset")


@dataclass(frozen=True)
class Wanted:
    """What the user says about a problem; `None` is to be inferred."""

    target: str | None = None
    kind: str | None = None
    task: str | None = None


@dataclass
class Proposal:
    """A problem as it will be configured.

    Attributes:
        source: Where the raw data are and how they are read.
        settings: Those of the problem, in the order of the file.
        rows: Number of examples.
        facts: What was found, for the first line.
    """

    source: Source
    settings: list[Setting]
    rows: int
    facts: list[str]


def propose(source: Source, wanted: Wanted) -> Proposal:
    """Look at raw data and propose a problem; completes how the source is read.

    Raises:
        DataError: If the data cannot be learnt from.
        ParameterError: If what the user wants is not there or does not fit.
    """
    _check_wanted(source, wanted)
    if source.type in (IMAGE_FOLDER, ARRAYS):
        look_at = images.of_folder if source.type == IMAGE_FOLDER else images.of_arrays
        return Proposal(source, *look_at(source, wanted.target, wanted.task))
    table = load_table(source)
    target = targets.check(wanted.target, list(table.columns), source)
    roles = columns.find(table, target)
    seen = f"{len(table):,} rows, {table.shape[1]} columns ({_counted(roles)})"
    if len(table) >= MIN_ROWS:  # of fewer, the kind itself says so
        _check_features(source, target, roles)
    series = _series(source, table, target, roles)
    _declare_dates(source, roles)
    look = Look(source, table, target, wanted.task, roles, series)
    return Proposal(source, _settings(look, wanted), len(table), [seen])


def _counted(roles: Roles) -> str:
    sorts = list(roles.plain.values())
    counts = {sort: sorts.count(sort) for sort in ("number", "category", "boolean")}
    counts |= {"date": len(roles.dates), "text": len(roles.text)}
    words = [f"{count} {plural(sort, count)}" for sort, count in counts.items() if count]
    aside = len(roles.ignore) + len(roles.group)
    return ", ".join([*words, *([f"{aside} set aside"] if aside else [])]) + " besides the target"


def _check_features(source: Source, target: str, roles: Roles) -> None:
    """Refuse a table none of whose columns can be learnt from, and say of each why."""
    if roles.plain or roles.text or roles.dates:
        return
    aside = {**roles.ignore, **roles.group}
    reasons = "; ".join(f"'{name}' ({why})" for name, why in list(aside.items())[:MOST_NAMED])
    more = f"; and {len(aside) - MOST_NAMED} more" if len(aside) > MOST_NAMED else ""
    raise DataError(
        f"{source.path}: expected at least one column to learn from besides the target '{target}', found none"
        f"{': ' if reasons else ''}{reasons}{more}; add such a column, or mend one."
    )


def _check_wanted(source: Source, wanted: Wanted) -> None:
    faults = [
        f"--{name} {value}: expected one of {', '.join(known)}{did_you_mean(str(value), known)}"
        for name, value, known in (("kind", wanted.kind, KINDS), ("task", wanted.task, TASKS))
        if value is not None and value not in known
    ]
    if faults:
        raise ParameterError(*faults)
    holds_images = source.type in (IMAGE_FOLDER, ARRAYS)
    if wanted.kind is not None and (wanted.kind == "image") != holds_images:
        found = "which holds images" if holds_images else "which holds a table"
        raise ParameterError(f"--kind {wanted.kind}: does not fit {source.path.name}, {found}.")
    if wanted.task is not None and (wanted.task == "forecast") != (wanted.kind == "series") and wanted.kind:
        raise ParameterError(
            f"--task {wanted.task}: does not fit --kind {wanted.kind}; a series is forecast, nothing else is."
        )
    if wanted.task == "forecast" and holds_images:
        raise ParameterError(f"--task forecast: expected a table with a column of moments, found {source.path.name}.")


def _settings(look: Look, wanted: Wanted) -> list[Setting]:
    forecast = wanted.kind == "series" or wanted.task == "forecast"
    if forecast and look.series is None:
        raise ParameterError(_no_series(look))
    share = _share_of_text(look.table, look.roles)
    main = bool(look.roles.text) and share >= MAIN_SHARE
    inferred = wanted.kind is None and wanted.task is None and not main
    if look.series is not None and (forecast or inferred):
        return of_series(look, look.series)
    if wanted.kind == "text" or (wanted.kind is None and main):
        text = most_worded(look)
        return of_text(look, text, f"'{text}' holds {share:.0%} of the characters" if main else "as asked for")
    return of_table(look, _why_table(look, wanted))


def _why_table(look: Look, wanted: Wanted) -> str:
    if wanted.kind is not None:
        return "as asked for"
    if look.series is not None:
        return f"a {wanted.task} was asked for; else a series with the time in '{look.series.time}'"
    dated = "no column of moments"
    if look.roles.dates:
        few = len(look.table) < time_series.FEWEST_MOMENTS
        lacks = f"fewer than {time_series.FEWEST_MOMENTS}" if few else "no regular"
        dated = f"'{next(iter(look.roles.dates))}' gives {lacks} moments"
    if look.roles.dates and (look.table[look.target].dtype.kind not in "iuf"):
        dated = "the target is no number to forecast"
    return f"one row per example: {dated}, no main column of free text"


def _share_of_text(table: pd.DataFrame, roles: Roles) -> float:
    """Return the share of characters that the longest free text has among what could be learnt from."""
    if not roles.text:
        return 0.0
    names = [*roles.text, *roles.plain, *roles.dates]
    lengths = table[names].head(SAMPLE).astype(str).map(len).mean()
    return float(lengths[next(iter(roles.text))] / lengths.sum())


def _no_series(look: Look) -> str:
    asked = f"a series in {look.source.path.name}"
    if not pd.api.types.is_numeric_dtype(look.table[look.target]):
        return f"{asked}: expected a target of numbers, found '{look.target}' without."
    if not look.roles.dates:
        return f"{asked}: expected a column of moments (dates such as 2024-01-31), found none."
    names = ", ".join(f"'{name}'" for name in look.roles.dates)
    return (
        f"{asked}: expected a column of (nearly) regular moments, each once or once for every series of a panel, at "
        f"least {time_series.FEWEST_MOMENTS} of them, found {names}, which "
        f"{'is' if len(look.roles.dates) == 1 else 'are'} not so."
    )


def _series(source: Source, table: pd.DataFrame, target: str, roles: Roles) -> Series | None:
    """Find a series: a single one by a column of moments, or by a date and an hour in two columns; then a panel.

    Rows that are wholly equal to another count once.
    """
    distinct = table.drop_duplicates()
    times = {name: found.values.loc[distinct.index] for name, found in roles.dates.items()}
    joined = {} if MOMENT in table else _joined(distinct, times, roles)
    panels = [*roles.group, *(name for name, sort in roles.plain.items() if sort == "category" or _whole(table[name]))]
    for among in ([], panels):
        found = time_series.find(distinct, target, times, among)
        for pair, moment in () if found else joined.items():
            found = time_series.find(distinct, target, {MOMENT: moment}, [name for name in among if name not in pair])
            if found is not None:
                date, hour = pair
                source.joined = (source.names.get(date, date), source.names.get(hour, hour), MOMENT)
                source.notes.append(f"'{date}' and '{hour}' are joined to the column '{MOMENT}' when the file is read")
                break
        if found is not None:
            if len(distinct) < len(table):
                source.notes.append(f"{len(table) - len(distinct):,} rows are wholly equal to another one")
            return found
    return None


def _joined(table: pd.DataFrame, times: dict[str, pd.Series], roles: Roles) -> dict[tuple[str, str], pd.Series]:
    """Return the moments that every pair of a date and an hour makes."""
    hours = [name for name in roles.plain if HOUR.fullmatch(name) and table[name].isin(range(24)).all()]
    return {
        (date, hour): days + pd.to_timedelta(table[hour], unit="h") for date, days in times.items() for hour in hours
    }


def _whole(column: pd.Series) -> bool:
    return column.dtype.kind in "iu" and column.nunique() <= len(column) / time_series.FEWEST_MOMENTS


def _declare_dates(source: Source, roles: Roles) -> None:
    """Let the file's own reader type the dates that it holds as text."""
    written = {name: found.format for name, found in roles.dates.items() if found.format is not None}
    for name, found in roles.dates.items():
        if found.doubt:
            source.notes.append(f"'{name}' is read as {found.format}, but {found.doubt} fits as well: set date_format")
    if not written:
        return
    if source.type in TYPES_DATES:
        names = {source.names.get(name, name): form for name, form in written.items()}
        source.load_args["parse_dates"] = (list(names), "dates")
        source.load_args["date_format"] = (names, "as they are written")
        return
    source.notes += [
        f"'{name}' holds dates as text ({form}), which are better typed in the file"
        for name, form in written.items()
        if form != dates.ISO
    ]
