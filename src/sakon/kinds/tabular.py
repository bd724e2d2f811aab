"""Tables: numbers, categories, booleans and dates, with missing values."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from sakon.errors import DataError
from sakon.kinds import Kind, RawData, Request
from sakon.lazy import pd
from sakon.problem import ColumnType, InputLayout, InputSpec, Problem, Schema
from sakon.records.feature_types import cast_feature, infer_date_formats, non_text_categories, read_features
from sakon.records.missing_values import mark_missing
from sakon.records.period_texts import detect_periods
from sakon.records.proposals import ProposedValue, ReasonedList, Recognition, option
from sakon.records.raw_summary import RawSummary
from sakon.records.raw_table import TableOptions, as_table, column_errors
from sakon.records.targets import cast_target, class_labels, infer_task, target_errors
from sakon.records.time_series import select_period
from sakon.records.timestamps import local_timestamps

if TYPE_CHECKING:
    from sklearn.compose import ColumnTransformer

DATE_FIELDS = ("year", "month", "day", "dayofweek", "hour")
CHUNK_ROWS = 50_000
"""Rows that are transformed at a time, to bound the memory of intermediate arrays."""
MAX_NUMBER = float(np.finfo(np.float32).max)
"""Largest number that a model can read."""
MISSING_CATEGORY = "(missing)"


class TabularOptions(TableOptions):
    """`problem.options` of a table.

    Attributes:
        ignore: Columns to leave out, such as identifiers.
        number: Columns that are numbers, whatever type is inferred.
        category: Columns that are categories, whatever type is inferred, such as numeric codes.
        expect: Columns that must exist; all other columns are features too.
        most_categories: Maximum number of inputs per column; rarer categories share one input.
    """

    ignore: tuple[str, ...] = ()
    number: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    expect: tuple[str, ...] = ()
    most_categories: int = Field(50, ge=2)


class Tabular(Kind["ColumnTransformer"]):
    """A table with one row per example.

    Numbers: median imputation, an indicator of missing values, standardisation. Categories: one-hot encoding; rare and
    unseen categories share one input. Dates: their calendar fields, as numbers.
    """

    options_class = TabularOptions
    distributed = True

    def make_records(self, raw: RawData, problem: Problem) -> tuple[pd.DataFrame, Schema]:
        """Infer the type of every column and convert the table; see `Kind.make_records`."""
        options = TabularOptions.model_validate(problem.options)
        table = as_table(raw, "tabular", options.missing)
        names = ("number", "category", "expect", "ignore", "missing")
        errors = column_errors(table, problem, {name: getattr(options, name) for name in names})
        errors += _infinity_errors(table)
        if problem.target in table:
            errors += target_errors(table[problem.target], problem)
        if errors:
            raise DataError(*errors)
        table = select_period(table[table[problem.target].notna()], problem).reset_index(drop=True)
        excluded = {problem.target, problem.split.group, problem.split.time, *options.ignore}
        features, types, non_text = _cast_features(table.drop(columns=[c for c in table if c in excluded]), options)
        if not types:
            raise DataError("Raw table: expected at least one feature with values besides the target, found none.")
        task = problem.task or infer_task(table[problem.target])
        features[problem.target] = cast_target(table[problem.target], task)
        for column in (problem.split.group, problem.split.time):
            if column is not None:
                features[column] = table[column]
        classes = class_labels(table[problem.target]) if task == "classification" else ()
        return features, Schema(
            kind="tabular",
            task=task,
            target=problem.target,
            features=types,
            classes=classes,
            date_formats=infer_date_formats(table, types),
            non_text_categories=non_text,
            missing_values=options.missing,
        )

    def fit_preprocessor(self, records: pd.DataFrame, schema: Schema, problem: Problem) -> ColumnTransformer:
        """Fit imputation, scaling and one-hot encoding; see `Kind.fit_preprocessor`."""
        from sklearn.compose import ColumnTransformer
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        max_categories = TabularOptions.model_validate(problem.options).most_categories
        categories, numbers = _columns_by_role(schema)
        table = _expand_dates(records[list(schema.features)])
        numbers = [name for name in numbers if table[name].notna().any()]
        if not numbers and not categories:
            raise DataError(
                f"Train: expected at least one feature with values, found none in {len(records)} rows (all values of "
                f"{', '.join(schema.features)} are missing); choose another problem.seed or problem.split."
            )
        encode = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=max_categories, dtype=np.float32)
        scale = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
        transformer = ColumnTransformer(
            [("number", scale, numbers), ("category", encode, categories)],
            verbose_feature_names_out=False,
            sparse_threshold=1.0,  # `fit` transforms all rows at once: sparse one-hot columns bound its memory
        ).fit(table)
        transformer.sparse_output_ = False  # `transform` gets chunks of rows, for which dense arrays are faster
        return transformer

    def transform(
        self, preprocessor: ColumnTransformer, records: pd.DataFrame, schema: Schema, input_spec: InputSpec
    ) -> np.ndarray:
        """Turn records into vectors, (rows, inputs), float32."""
        features = records[list(schema.features)]  # the target may be called as a field of a date
        x = np.empty((len(records), *input_spec.shape), np.float32)
        for start in range(0, len(records), CHUNK_ROWS):
            chunk = slice(start, start + CHUNK_ROWS)
            x[chunk] = preprocessor.transform(_expand_dates(features.iloc[chunk]))
        return x

    def input_layout(
        self, preprocessor: ColumnTransformer, records: pd.DataFrame, schema: Schema, problem: Problem
    ) -> InputLayout:
        """Return the shape (inputs,) and the names of the inputs; see `Kind.input_layout`."""
        names: list[str] = []
        for group, transformer, columns in preprocessor.transformers_:
            if group == "remainder":  # columns without any value in train
                continue
            # Columns may be called as inputs of others: `colour_red` next to the category `red` of `colour`.
            inputs = transformer.get_feature_names_out(columns) if len(columns) else ()
            names += [f"{name} ({group})" if name in names else str(name) for name in inputs]
        return InputLayout(shape=(len(names),), features=tuple(names))

    def from_request(self, request: Request, schema: Schema) -> pd.DataFrame:
        """Type the feature columns of a table sent to the served model; see `Kind.from_request`."""
        try:
            table = pd.DataFrame(request)
        except ValueError as error:  # an array of more than two dimensions
            raise DataError(f"New records: expected a table, found {type(request).__name__} ({error}).") from error
        missing = [column for column in schema.features if column not in table]
        if missing:
            raise DataError(f"New records: expected the columns {list(schema.features)}, found none named {missing}.")
        return read_features(mark_missing(table, schema.missing_values), schema)

    def to_request(self, records: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        """Return the feature columns."""
        return records[list(schema.features)]

    def recognise(self, raw: RawSummary) -> Recognition:
        """Recognise any table; kinds of higher priority recognise theirs first."""
        return Recognition(is_match=True, reason="one row per example")

    def propose_options(self, raw: RawSummary) -> list[ProposedValue]:
        """Propose columns to ignore, and columns to read as categories; see `Kind.propose_options`."""
        roles = raw.roles
        as_text = "to read it, request --kind text"
        ignored = ReasonedList(roles.ignored | {name: f"{reason}; {as_text}" for name, reason in roles.texts.items()})
        if raw.series is not None and raw.series.series in roles.groups:
            ignored[raw.series.series] = "identifies the series of a panel"
        categories = ReasonedList(roles.codes)
        for name in roles.groups:
            if name != raw.group and name not in ignored:
                categories[name] = "an identifier that repeats"
        proposed = {"ignore": ignored, "category": categories}
        return [option(name, columns) for name, columns in proposed.items() if columns]


def _infinity_errors(table: pd.DataFrame) -> list[str]:
    numbers = table.select_dtypes("number")
    infinite = np.abs(numbers.to_numpy(dtype=float, na_value=np.nan)) > MAX_NUMBER
    return [
        f"Column '{numbers.columns[j]}': expected finite numbers, found {infinite[:, j].sum()} infinite or beyond "
        f"±{MAX_NUMBER:.1g}, the first in row {int(infinite[:, j].argmax())}; fix them or leave them empty."
        for j in map(int, np.flatnonzero(infinite.any(axis=0)))
    ]


def _cast_features(
    table: pd.DataFrame, options: TabularOptions
) -> tuple[pd.DataFrame, dict[str, ColumnType], tuple[str, ...]]:
    """Return the features with values, their types, and which categories had numbers or booleans as raw values."""
    types: dict[str, ColumnType] = {}
    for column in table:
        values = table[column].dropna()
        if not values.empty:
            types[str(column)] = _infer_type(values, str(column), options)
    non_text = non_text_categories(table, types)
    features = {name: cast_feature(table[name], column_type, name in non_text) for name, column_type in types.items()}
    return pd.DataFrame(features), types, non_text


def _infer_type(values: pd.Series, column: str, options: TabularOptions) -> ColumnType:
    if column in options.number:
        return "number"
    if column in options.category:
        return "category"
    if pd.api.types.is_bool_dtype(values):
        return "boolean"
    if pd.api.types.is_numeric_dtype(values):
        return "number"
    if pd.api.types.is_datetime64_any_dtype(values):
        return "date"
    return "date" if _looks_like_dates(values) else "category"


def _looks_like_dates(values: pd.Series) -> bool:
    if detect_periods(values.astype(str).str.strip()) is not None:
        return True
    text = values.astype(str).head(1000)
    if not text.str.contains(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}/\d{1,2}/\d{4}", regex=True).all():
        return False
    return bool(local_timestamps(text).notna().all())


def _columns_by_role(schema: Schema) -> tuple[list[str], list[str]]:
    categories = [name for name, column_type in schema.features.items() if column_type == "category"]
    numbers = [name for name, column_type in schema.features.items() if column_type in ("number", "boolean")]
    dates = [name for name, column_type in schema.features.items() if column_type == "date"]
    return categories, numbers + [_field_name(name, field, schema.features) for name in dates for field in DATE_FIELDS]


def _field_name(date: str, field: str, columns: Container[object]) -> str:
    """Return the name of a field of a date; no other column has it."""
    name = f"{date}_{field}"
    while name in columns:
        name = f"{name}_"
    return name


def _expand_dates(records: pd.DataFrame) -> pd.DataFrame:
    """Replace each date by its calendar fields, and missing categories by a category of their own."""
    if all(pd.api.types.is_numeric_dtype(dtype) for dtype in records.dtypes):
        return records
    columns: dict[str, pd.Series] = {}
    for name in records:
        column = records[name]
        if pd.api.types.is_datetime64_any_dtype(column):
            for field in DATE_FIELDS:
                values = getattr(column.dt, field).astype("float64")
                columns[_field_name(str(name), field, records.columns)] = values
        elif pd.api.types.is_numeric_dtype(column):
            columns[str(name)] = column
        else:
            columns[str(name)] = column.astype(object).where(column.notna(), MISSING_CATEGORY)
    return pd.DataFrame(columns)


KIND = Tabular()
