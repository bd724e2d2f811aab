"""Time series: forecasts of some steps from the steps before, for one series or a panel of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from sakon.errors import DataError
from sakon.kinds import Kind, RawData, Request
from sakon.lazy import pd
from sakon.problem import ColumnType, Frozen, InputLayout, InputSpec, Problem, Schema, SeriesSpec
from sakon.records import calendar, timeline, windows
from sakon.records.frequency import infer_frequency, seasonal_period
from sakon.records.requests import with_steps_to_come
from sakon.records.splitting import SPLITS
from sakon.records.tables import as_table, check_columns, check_numbers

if TYPE_CHECKING:
    from sklearn.compose import ColumnTransformer

MOST_CATEGORIES = 50
SEASONS_BACK = 4
FEWEST_FORECASTS = (10, 1, 1)
"""In train, validation and test."""


class SeriesOptions(Frozen):
    """`problem.options` of series; the column of moments is `split.time`.

    Attributes:
        horizon: Steps to forecast; one season when left out.
        lookback: Steps to forecast from; four seasons or horizons, whichever is more, when left out.
        stride: Steps from one forecast of train or validation to the next; 1 takes them all.
        series: Column that names the series of a panel.
        frequency: Distance of moments, as a pandas alias; found when left out.
        season: Steps after which the series resembles itself; follows from the frequency when left out.
        covariates: Columns of numbers that are known up to the moment of the forecast.
        known: Columns that are known ahead.
        holidays: Country code whose public holidays are known ahead, such as US.
        gaps: Whether missing moments are refused or filled; filled ones are never a target.
    """

    horizon: int | None = Field(None, ge=1)
    lookback: int | None = Field(None, ge=1)
    stride: int = Field(1, ge=1)
    series: str | None = None
    frequency: str | None = None
    season: int | None = Field(None, ge=1)
    covariates: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    holidays: str | None = None
    gaps: Literal["refuse", "fill"] = "refuse"


class Series(Kind["ColumnTransformer"]):
    """A table with a column of moments: every window of it is an example.

    Channels of an example, (lookback + horizon, channels): the standardised target, the covariates, what
    is known ahead, the calendar, and a mark of the steps to come, in which target and covariates are 0.
    """

    options_class = SeriesOptions

    def make_records(self, raw: RawData, problem: Problem) -> tuple[pd.DataFrame, Schema]:
        """Bring rows in order of series and time, one for each moment; see `Kind.make_records`."""
        options = SeriesOptions.model_validate(problem.options)
        table = as_table(raw, "series")
        faults = _check(table, problem, options)
        if faults:
            raise DataError(*faults)
        time, target = str(problem.split.time), problem.target
        kept = [c for c in (time, options.series, target, *options.covariates, *options.known) if c is not None]
        table = table[kept].assign(**{time: timeline.moments(table[time])})
        for column in (target, *options.covariates):
            table[column] = pd.to_numeric(table[column]).astype("float64")
        table = timeline.without_repeats(timeline.within(table, problem), time, options.series)
        table = timeline.trimmed(table, target, options.series)
        found = _timeline(table, problem, options)
        records = timeline.on_beat(table, time, options.series, target, found.frequency, options.gaps == "fill")
        schema = Schema(kind="series", task="forecast", target=target, features=_types(records, found), timeline=found)
        self._check_parts(records, schema, problem)
        return records, schema

    def split(self, records: pd.DataFrame, schema: Schema, problem: Problem) -> tuple[pd.DataFrame, ...]:
        """Part records by time; see `Kind.split` and `windows.parts`."""
        numbered = records.assign(row=np.arange(len(records)))
        return tuple(windows.parts(numbered, _of(schema), problem))

    def fit_preprocessor(self, records: pd.DataFrame, schema: Schema, problem: Problem) -> ColumnTransformer:
        """Fit scales and categories on train's rows; see `Kind.fit_preprocessor`."""
        from sklearn.compose import ColumnTransformer
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        encode = OneHotEncoder(
            handle_unknown="infrequent_if_exist", max_categories=MOST_CATEGORIES, sparse_output=False
        )
        scale = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler())
        found = _of(schema)
        numbers = [name for name in found.known if schema.features[name] == "number"]
        categories = [name for name in (*found.known, found.series) if name and name not in numbers]
        transformer = ColumnTransformer(
            [
                ("covariate", scale, list(found.covariates)),
                ("number", scale, numbers),
                ("category", encode, categories),
            ],
            verbose_feature_names_out=False,
        )
        return transformer.fit(records)

    def transform(
        self, preprocessor: ColumnTransformer, records: pd.DataFrame, schema: Schema, input_spec: InputSpec
    ) -> np.ndarray:
        """Turn records into windows around their origins, (origins, lookback + horizon, channels), float32."""
        found = _of(schema)
        target = (records[schema.target].to_numpy() - input_spec.target_mean) / input_spec.target_scale
        days = calendar.calendar_features(records[found.time], found.frequency, found.holidays)
        channels = np.column_stack(
            [np.nan_to_num(target), preprocessor.transform(records), days, np.zeros(len(records))]
        )
        x = windows.windows(channels.astype(np.float32), np.flatnonzero(records[windows.ORIGIN]), found)
        x[:, found.lookback :, : 1 + len(found.covariates)] = 0
        x[:, found.lookback :, -1] = 1
        return x

    def targets(self, records: pd.DataFrame, schema: Schema, input_spec: InputSpec) -> np.ndarray:
        """Return the standardised target of the steps after every origin, (origins, horizon), float32."""
        found = _of(schema)
        values = (records[[schema.target]].to_numpy() - input_spec.target_mean) / input_spec.target_scale
        seen = windows.windows(values, np.flatnonzero(records[windows.ORIGIN]), found)
        return np.asarray(seen[:, found.lookback :, 0], np.float32)

    def row_numbers(self, records: pd.DataFrame) -> np.ndarray:
        """Return the numbers of the rows that a forecast is made from."""
        return np.asarray(records.loc[records[windows.ORIGIN], "row"], np.int64)

    def input_layout(
        self, preprocessor: ColumnTransformer, records: pd.DataFrame, schema: Schema, problem: Problem
    ) -> InputLayout:
        """Name every channel of every step; see `Kind.input_layout`."""
        found = _of(schema)
        days = calendar.calendar_features(records[found.time].head(1), found.frequency, found.holidays)
        channels = [schema.target, *preprocessor.get_feature_names_out(), *days, "to come"]
        steps = range(1 - found.lookback, found.horizon + 1)
        return InputLayout(
            shape=(len(steps), len(channels)),
            features=tuple(f"{channel} {step:+d}" for step in steps for channel in channels),
            horizon=found.horizon,
            season=found.season,
            naive_error=windows.naive_error(records, schema.target, found),
        )

    def from_request(self, request: Request, schema: Schema) -> pd.DataFrame:
        """Take the history of every series, and rows to come where something is known ahead; see `Kind.from_request`.

        A forecast is made from the last row of each series that has a target.
        """
        found = _of(schema)
        table = as_table(request, "series", fewest=1)
        wanted = _raw_columns(found, schema.target)
        missing = [column for column in wanted if column not in table]
        if missing:
            raise DataError(f"New records: expected the columns {wanted}, found none named {missing}.")
        table = table[wanted].assign(**{found.time: timeline.moments(table[found.time])})
        for column in (schema.target, *found.covariates):
            table[column] = pd.to_numeric(table[column], errors="coerce").astype("float64")
        table = timeline.without_repeats(table, found.time, found.series)
        series = [
            with_steps_to_come(rows, called, schema.target, found)
            for called, rows in timeline.by_series(table, found.series)
        ]
        return pd.concat(series, ignore_index=True)

    def to_request(self, records: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        """Return the columns of records that were raw."""
        return records[_raw_columns(_of(schema), schema.target)]

    def drift_features(self, records: pd.DataFrame, train_records: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        """Return all that changes in time but time itself, of the moments that are past; see `Kind.drift_features`."""
        found = _of(schema)
        return records.loc[
            records[schema.target].notna(), [schema.target, *found.covariates, *found.known]
        ].reset_index(drop=True)

    def input_example(self, records: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        """Return the history of the first series, and the steps to come without a target."""
        found = _of(schema)
        shown = self.to_request(records.head(found.lookback + found.horizon), schema).reset_index(drop=True)
        shown.loc[found.lookback :, [schema.target, *found.covariates]] = np.nan
        return shown

    def prediction_keys(self, records: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        """Return series and moment of every step that is forecast, one origin after the other."""
        found = _of(schema)
        at = np.flatnonzero(records[windows.ORIGIN])[:, None] + np.arange(1, found.horizon + 1)
        named = [column for column in (found.series, found.time) if column is not None]
        return records.iloc[at.reshape(-1)][named].reset_index(drop=True)

    def _check_parts(self, records: pd.DataFrame, schema: Schema, problem: Problem) -> None:
        found = _of(schema)
        counts = [int(part[windows.ORIGIN].sum()) for part in self.split(records, schema, problem)]
        if any(count < fewest for count, fewest in zip(counts, FEWEST_FORECASTS, strict=True)):
            wanted, has = (
                ", ".join(f"{name} {count:,}" for name, count in zip(SPLITS, numbers, strict=True))
                for numbers in (FEWEST_FORECASTS, counts)
            )
            gaps = int((~records[timeline.OBSERVED]).sum())
            unseen = f", {gaps:,} rows of them without a target, and a forecast needs all its steps" if gaps else ""
            raise DataError(
                f"problem.options: expected forecasts of horizon {found.horizon} from lookback {found.lookback}, at "
                f"least {wanted}; found {has}. There are {records[found.time].nunique():,} moments{unseen}: shorten "
                f"horizon or lookback, move problem.split or add rows."
            )


def _of(schema: Schema) -> SeriesSpec:
    if schema.timeline is None:
        raise ValueError("expected a schema of kind 'series' with a timeline, found none")
    return schema.timeline


def _raw_columns(found: SeriesSpec, target: str) -> list[str]:
    return [c for c in (found.time, found.series, target, *found.covariates, *found.known) if c is not None]


def _check(table: pd.DataFrame, problem: Problem, options: SeriesOptions) -> list[str]:
    if problem.split.time is None:
        return ["problem.split.time: expected the name of the column of moments for kind 'series', found none."]
    named = {name: getattr(options, name) for name in ("covariates", "known")}
    named["series"] = [options.series] if options.series is not None else []
    faults = check_columns(table, problem, named)
    for column in (problem.target, *options.covariates):
        if column in table and not faults:
            faults += check_numbers(table[column])
    if options.holidays is not None and not calendar.knows_holidays_of(options.holidays):
        faults.append(
            f"problem.options.holidays: expected a country code such as US or ES, found '{options.holidays}'."
        )
    if options.frequency is not None:
        try:
            pd.tseries.frequencies.to_offset(options.frequency)
        except ValueError:
            faults.append(
                f"problem.options.frequency: expected a pandas alias such as h, D or MS, found '{options.frequency}'."
            )
    return faults


def _timeline(table: pd.DataFrame, problem: Problem, options: SeriesOptions) -> SeriesSpec:
    time = str(problem.split.time)
    frequency = options.frequency
    if frequency is None:
        longest = max((rows for _, rows in timeline.by_series(table, options.series)), key=len)
        frequency = infer_frequency(longest[time])
    if frequency is None:
        raise DataError(
            f"Column '{time}': expected moments at one distance, found {table[time].diff().nunique()} different ones; "
            f"set problem.options.frequency, and problem.options.gaps to fill, to read them at that distance."
        )
    season = options.season or seasonal_period(frequency)
    horizon = options.horizon or season
    return SeriesSpec(
        time=time,
        series=options.series,
        frequency=frequency,
        season=season,
        horizon=horizon,
        stride=options.stride,
        lookback=options.lookback or SEASONS_BACK * max(season, horizon),
        covariates=options.covariates,
        known=options.known,
        holidays=options.holidays,
    )


def _types(records: pd.DataFrame, found: SeriesSpec) -> dict[str, ColumnType]:
    types: dict[str, ColumnType] = {found.time: "date"}
    types |= dict.fromkeys((found.series,) if found.series else (), "category")
    types |= dict.fromkeys(found.covariates, "number")
    numbers = records.select_dtypes("number").columns
    return types | {name: "number" if name in numbers else "category" for name in found.known}


KIND = Series()
