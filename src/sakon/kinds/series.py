"""Time series: multi-step forecasts of one series or a panel of series."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sakon.errors import DataError
from sakon.kinds import Kind, RawData, Request
from sakon.lazy import pd
from sakon.problem import ColumnType, InputLayout, InputSpec, Problem, Schema, SeriesSpec
from sakon.records import time_series, windows
from sakon.records.calendar import calendar_features
from sakon.records.feature_types import check_readable, non_text_categories, parse_category
from sakon.records.forecast_requests import forecast_window
from sakon.records.proposals import ProposedValue, Recognition
from sakon.records.raw_summary import RawSummary
from sakon.records.raw_table import as_table
from sakon.records.series_options import SeriesOptions, make_series_spec, raw_errors, read_series_timestamps
from sakon.records.series_proposal import propose_series_options, recognise_series
from sakon.records.splitting import ROW, SPLITS
from sakon.records.time_zones import to_zone
from sakon.records.timestamps import restore_notation

if TYPE_CHECKING:
    from sklearn.compose import ColumnTransformer

MAX_CATEGORIES = 50


class Series(Kind["ColumnTransformer"]):
    """A table with a column of timestamps: every window of it is an example.

    Channels of an example, (lookback + horizon, channels): the standardised target, the covariates, the columns that
    are known ahead, calendar features, and an indicator of the steps to forecast, in which target and covariates are 0.
    """

    options_class = SeriesOptions
    tasks = ("forecast",)
    priority = 10

    def make_records(self, raw: RawData, problem: Problem) -> tuple[pd.DataFrame, Schema]:
        """Sort rows by series and time, one row per timestamp; see `Kind.make_records`."""
        options = SeriesOptions.model_validate(problem.options)
        table = as_table(raw, "series", options.missing)
        errors = raw_errors(table, problem, options)
        if errors:
            raise DataError(*errors)
        time, target = str(problem.split.time), problem.target
        columns = [c for c in (time, options.series, target, *options.covariates, *options.known) if c is not None]
        timestamps = read_series_timestamps(table[time], options.date_format, options.timezone)
        table = table[columns].assign(**{time: timestamps.values})
        for column in (target, *options.covariates):
            table[column] = pd.to_numeric(table[column]).astype("float64")
        table = time_series.sort_by_time(time_series.select_period(table, problem), time, options.series)
        table = time_series.trim_missing_targets(table, target, options.series)
        spec = make_series_spec(table, problem, options, timestamps)
        records = time_series.resample(table, time, options.series, target, spec.frequency, fill=options.gaps == "fill")
        features = _column_types(records, spec)
        non_text = non_text_categories(records, features)
        return records, Schema(
            kind="series",
            task="forecast",
            target=target,
            features=features,
            timeline=spec,
            non_text_categories=non_text,
            missing_values=options.missing,
        )

    def count_examples(self, records: pd.DataFrame, schema: Schema, problem: Problem) -> dict[str, int]:
        """Return the number of forecasts in each split; see `Kind.count_examples`."""
        spec = _spec_of(schema)
        counts = [len(origins) for origins in windows.split_origins(records, spec, problem)]
        if not windows.has_min_forecasts(counts):
            expected, actual = (
                ", ".join(f"{name} {count:,}" for name, count in zip(SPLITS, numbers, strict=True))
                for numbers in (windows.MIN_FORECASTS, counts)
            )
            gaps = int((~records[time_series.OBSERVED]).sum())
            missing = f", {gaps:,} of them without a target, and a forecast needs all its steps" if gaps else ""
            raise DataError(
                f"problem.options: expected forecasts of horizon {spec.horizon} from lookback {spec.lookback}, at "
                f"least {expected}; found {actual}. There are {records[spec.time].nunique():,} timestamps{missing}: "
                f"shorten horizon or lookback, move problem.split or add rows."
            )
        return dict(zip(SPLITS, counts, strict=True))

    def split(self, records: pd.DataFrame, schema: Schema, problem: Problem) -> tuple[pd.DataFrame, ...]:
        """Split records by time; see `Kind.split` and `windows.split_windows`."""
        return tuple(windows.split_windows(records, _spec_of(schema), problem))

    def fit_preprocessor(self, records: pd.DataFrame, schema: Schema, problem: Problem) -> ColumnTransformer:
        """Fit scales and categories; see `Kind.fit_preprocessor`."""
        from sklearn.compose import ColumnTransformer
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        encode = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=MAX_CATEGORIES, sparse_output=False)
        scale = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler())
        spec = _spec_of(schema)
        numbers = [name for name in spec.known if schema.features[name] == "number"]
        categories = [name for name in (*spec.known, spec.series) if name and name not in numbers]
        transformer = ColumnTransformer(
            [
                ("covariate", scale, list(spec.covariates)),
                ("number", scale, numbers),
                ("category", encode, categories),
            ],
            verbose_feature_names_out=False,
        )
        return transformer.fit(records)

    def transform(
        self, preprocessor: ColumnTransformer, records: pd.DataFrame, schema: Schema, input_spec: InputSpec
    ) -> np.ndarray:
        """Turn records into one window per origin, (origins, lookback + horizon, channels), float32."""
        spec = _spec_of(schema)
        target = (records[schema.target].to_numpy() - input_spec.target_mean) / input_spec.target_scale
        calendar = calendar_features(records[spec.time], spec.frequency, spec.holidays)
        channels = np.column_stack(
            [np.nan_to_num(target), preprocessor.transform(records), calendar, np.zeros(len(records))]
        )
        x = windows.cut_windows(channels.astype(np.float32), np.flatnonzero(records[windows.ORIGIN]), spec)
        x[:, spec.lookback :, : 1 + len(spec.covariates)] = 0
        x[:, spec.lookback :, -1] = 1
        return x

    def targets(self, records: pd.DataFrame, schema: Schema, input_spec: InputSpec) -> np.ndarray:
        """Return the standardised target of the steps after every origin, (origins, horizon), float32."""
        spec = _spec_of(schema)
        values = (records[[schema.target]].to_numpy() - input_spec.target_mean) / input_spec.target_scale
        target_windows = windows.cut_windows(values, np.flatnonzero(records[windows.ORIGIN]), spec)
        return np.asarray(target_windows[:, spec.lookback :, 0], np.float32)

    def row_numbers(self, records: pd.DataFrame) -> np.ndarray:
        """Return the row numbers of the origins."""
        return np.asarray(records.loc[records[windows.ORIGIN], ROW], np.int64)

    def input_layout(
        self, preprocessor: ColumnTransformer, records: pd.DataFrame, schema: Schema, problem: Problem
    ) -> InputLayout:
        """Name every channel of every step; see `Kind.input_layout`."""
        spec = _spec_of(schema)
        calendar = calendar_features(records[spec.time].head(1), spec.frequency, spec.holidays)
        channels = [schema.target, *preprocessor.get_feature_names_out(), *calendar, "to come"]
        steps = range(1 - spec.lookback, spec.horizon + 1)
        return InputLayout(
            shape=(len(steps), len(channels)),
            features=tuple(f"{channel} {step:+d}" for step in steps for channel in channels),
            horizon=spec.horizon,
            season=spec.season,
            naive_error=windows.naive_error(records, schema.target, spec),
        )

    def from_request(self, request: Request, schema: Schema) -> pd.DataFrame:
        """Take the history of each series, and future rows if columns are known ahead; see `Kind.from_request`.

        The origin is the last row of each series that has a target.
        """
        spec = _spec_of(schema)
        table = as_table(request, "series", schema.missing_values, min_rows=1)
        columns = _raw_columns(spec, schema.target)
        missing = [column for column in columns if column not in table]
        if missing:
            raise DataError(f"New records: expected the columns {columns}, found none named {missing}.")
        known_numbers = [name for name in spec.known if schema.features[name] == "number"]
        numbers = [schema.target, *spec.covariates, *known_numbers]
        check_readable(table, dict.fromkeys(numbers, "number"))
        timestamps = read_series_timestamps(table[spec.time], spec.date_format, spec.timezone)
        table = table[columns].assign(**{spec.time: to_zone(timestamps.values, spec.timezone)})
        for column in numbers:
            table[column] = pd.to_numeric(table[column], errors="coerce").astype("float64")
        for name in (name for name in columns if schema.features.get(name) == "category"):
            table[name] = parse_category(table[name], name in schema.non_text_categories)
        table = time_series.sort_by_time(table, spec.time, spec.series)
        series = [
            forecast_window(rows, label, schema.target, spec)
            for label, rows in time_series.iterate_series(table, spec.series)
        ]
        return pd.concat(series, ignore_index=True)

    def to_request(self, records: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        """Return the columns of the raw table."""
        return records[_raw_columns(_spec_of(schema), schema.target)]

    def drift_features(self, records: pd.DataFrame, train_records: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        """Return target, covariates and columns known ahead of the rows with a target; see `Kind.drift_features`."""
        spec = _spec_of(schema)
        columns = [schema.target, *spec.covariates, *spec.known]
        return records.loc[records[schema.target].notna(), columns].reset_index(drop=True)

    def input_example(self, records: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        """Return the history of the first series, and the steps to forecast without a target."""
        spec = _spec_of(schema)
        example = self.to_request(records.head(spec.lookback + spec.horizon), schema).reset_index(drop=True)
        example.loc[spec.lookback :, [schema.target, *spec.covariates]] = np.nan
        return example

    def prediction_keys(self, records: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        """Return series and timestamp of every step that is forecast, one origin after the other."""
        spec = _spec_of(schema)
        steps = np.flatnonzero(records[windows.ORIGIN])[:, None] + np.arange(1, spec.horizon + 1)
        columns = [column for column in (spec.series, spec.time) if column is not None]
        keys = records.iloc[steps.reshape(-1)][columns].reset_index(drop=True)
        return keys.assign(**{spec.time: restore_notation(keys[spec.time], spec.date_format)})

    def recognise(self, raw: RawSummary) -> Recognition:
        """Recognise a table that holds a time series; see `Kind.recognise`."""
        return recognise_series(raw)

    def propose_options(self, raw: RawSummary) -> list[ProposedValue]:
        """Propose windows, season and other columns for a time series; see `Kind.propose_options`."""
        return propose_series_options(raw)


def _spec_of(schema: Schema) -> SeriesSpec:
    if schema.timeline is None:
        raise ValueError("expected a schema of kind 'series' with a timeline, found none")
    return schema.timeline


def _raw_columns(spec: SeriesSpec, target: str) -> list[str]:
    return [c for c in (spec.time, spec.series, target, *spec.covariates, *spec.known) if c is not None]


def _column_types(records: pd.DataFrame, spec: SeriesSpec) -> dict[str, ColumnType]:
    types: dict[str, ColumnType] = {spec.time: "date"}
    types |= dict.fromkeys((spec.series,) if spec.series else (), "category")
    types |= dict.fromkeys(spec.covariates, "number")
    numbers = records.select_dtypes("number").columns
    return types | {name: "number" if name in numbers else "category" for name in spec.known}


KIND = Series()
