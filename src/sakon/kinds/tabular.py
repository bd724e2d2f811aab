"""Tables: numbers, categories, booleans and dates, with missing values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from sakon.errors import DataError
from sakon.kinds import Kind, RawData, Request
from sakon.lazy import pd
from sakon.problem import ColumnType, Frozen, InputLayout, InputSpec, Problem, Schema
from sakon.records.tables import as_table, check_columns
from sakon.records.targets import check_target, infer_task, labels_of, typed_target
from sakon.records.timeline import within

if TYPE_CHECKING:
    from sklearn.compose import ColumnTransformer

DATE_PARTS = ("year", "month", "day", "dayofweek", "hour")
ROWS_AT_ONCE = 50_000
"""Rows that are turned into inputs at a time, so that what is made on the way stays small."""
TRUTH = {True: 1.0, False: 0.0, "true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0}


class TabularOptions(Frozen):
    """`problem.options` of a table.

    Attributes:
        ignore: Columns to leave out, such as identifiers.
        number: Columns to read as numbers whatever they look like.
        category: Columns to read as categories whatever they look like, such as numeric codes.
        expect: Columns that must be there; any other feature found is used too.
        most_categories: Categories kept per column; the rarer ones share one input.
    """

    ignore: tuple[str, ...] = ()
    number: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    expect: tuple[str, ...] = ()
    most_categories: int = Field(50, ge=2)


class Tabular(Kind["ColumnTransformer"]):
    """A table with one row per example."""

    options_class = TabularOptions
    distributed = True

    def make_records(self, raw: RawData, problem: Problem) -> tuple[pd.DataFrame, Schema]:
        """Type every column of a raw table; see `Kind.make_records`."""
        table = as_table(raw, "tabular")
        options = TabularOptions.model_validate(problem.options)
        named = ("number", "category", "expect", "ignore")
        faults = check_columns(table, problem, {name: getattr(options, name) for name in named})
        faults += _check_finite(table)
        if problem.target in table:
            faults += check_target(table[problem.target], problem)
        if faults:
            raise DataError(*faults)
        table = within(table[table[problem.target].notna()], problem).reset_index(drop=True)
        aside = {problem.target, problem.split.group, problem.split.time, *options.ignore}
        features, types = _typed_features(table.drop(columns=[c for c in table if c in aside]), options)
        if not types:
            raise DataError("Raw table: expected at least one feature with values besides the target, found none.")
        task = problem.task or infer_task(table[problem.target])
        features[problem.target] = typed_target(table[problem.target], task)
        for column in (problem.split.group, problem.split.time):
            if column is not None:
                features[column] = table[column]
        classes = labels_of(table[problem.target]) if task == "classification" else ()
        return features, Schema(kind="tabular", task=task, target=problem.target, features=types, classes=classes)

    def fit_preprocessor(self, records: pd.DataFrame, schema: Schema, problem: Problem) -> ColumnTransformer:
        """Fit imputation, scaling and one-hot encoding; see `Kind.fit_preprocessor`.

        Numbers: median, a mark where missing, standardised. Categories: one input each, rare and
        unseen ones share one. Dates: their calendar parts, as numbers.
        """
        from sklearn.compose import ColumnTransformer
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        most = TabularOptions.model_validate(problem.options).most_categories
        categories, numbers = _columns_by_role(schema)
        table = _with_date_parts(records[list(schema.features)])
        numbers = [name for name in numbers if table[name].notna().any()]
        encode = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=most, dtype=np.float32)
        scale = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
        transformer = ColumnTransformer(
            [("number", scale, numbers), ("category", encode, categories)],
            verbose_feature_names_out=False,
            sparse_threshold=1.0,  # fitting transforms all rows, which one by one are mostly zeros
        )
        return transformer.fit(table)

    def transform(
        self, preprocessor: ColumnTransformer, records: pd.DataFrame, schema: Schema, input_spec: InputSpec
    ) -> np.ndarray:
        """Turn records into vectors, (rows, inputs), float32."""
        x = np.empty((len(records), *input_spec.shape), np.float32)
        for start in range(0, len(records), ROWS_AT_ONCE):
            table = _with_date_parts(records.iloc[start : start + ROWS_AT_ONCE])
            _fill(x[start : start + ROWS_AT_ONCE], preprocessor, table)
        return x

    def input_layout(
        self, preprocessor: ColumnTransformer, records: pd.DataFrame, schema: Schema, problem: Problem
    ) -> InputLayout:
        """Return shape (inputs,) and the name of every input; see `Kind.input_layout`."""
        names = tuple(map(str, preprocessor.get_feature_names_out()))
        return InputLayout(shape=(len(names),), features=names)

    def from_request(self, request: Request, schema: Schema) -> pd.DataFrame:
        """Type the feature columns of a table sent to the served model; see `Kind.from_request`."""
        table = pd.DataFrame(request)
        missing = [column for column in schema.features if column not in table]
        if missing:
            raise DataError(f"New records: expected the columns {list(schema.features)}, found none named {missing}.")
        typed = {name: _typed(table[name], wanted) for name, wanted in schema.features.items()}
        return pd.DataFrame(typed).reset_index(drop=True)

    def to_request(self, records: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        """Return the feature columns."""
        return records[list(schema.features)]


def _check_finite(table: pd.DataFrame) -> list[str]:
    numbers = table.select_dtypes("number")
    infinite = np.isinf(numbers.to_numpy(dtype=float, na_value=np.nan))
    return [
        f"Column '{numbers.columns[j]}': expected finite numbers, found {infinite[:, j].sum()} infinite, the first in "
        f"row {int(infinite[:, j].argmax())}; mend them or leave them empty."
        for j in map(int, np.flatnonzero(infinite.any(axis=0)))
    ]


def _typed_features(table: pd.DataFrame, options: TabularOptions) -> tuple[pd.DataFrame, dict[str, ColumnType]]:
    types: dict[str, ColumnType] = {}
    for column in table:
        known = table[column].dropna()
        if known.empty:
            continue
        types[str(column)] = _type_of(known, str(column), options)
    return pd.DataFrame({name: _typed(table[name], wanted) for name, wanted in types.items()}), types


def _type_of(known: pd.Series, column: str, options: TabularOptions) -> ColumnType:
    if column in options.number:
        return "number"
    if column in options.category:
        return "category"
    if pd.api.types.is_bool_dtype(known):
        return "boolean"
    if pd.api.types.is_numeric_dtype(known):
        return "number"
    if pd.api.types.is_datetime64_any_dtype(known):
        return "date"
    return "date" if _looks_like_dates(known) else "category"


def _looks_like_dates(known: pd.Series) -> bool:
    text = known.astype(str).head(1000)
    if not text.str.contains(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}/\d{1,2}/\d{4}", regex=True).all():
        return False
    return bool(pd.to_datetime(text, errors="coerce", format="mixed").notna().all())


def _typed(column: pd.Series, wanted: ColumnType) -> pd.Series:
    """Return a column in its one type; what cannot be read becomes missing."""
    if wanted == "number":
        numbers = column
        if column.dtype != np.float64:
            numbers = pd.to_numeric(column, errors="coerce").astype("float64")
        return numbers.where(np.isfinite(numbers)) if np.isinf(numbers.to_numpy()).any() else numbers
    if wanted == "boolean":
        return column.map(_truth).astype("float64")
    if wanted == "date":
        return pd.to_datetime(column, errors="coerce", format="mixed", utc=True).dt.tz_localize(None)
    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")  # a code is 3, also where missing values made it 3.0
    text = column.astype("string").str.strip()
    return text.astype(object).where(text.notna(), None)


def _truth(value: object) -> float | None:
    return TRUTH.get(value.strip().lower() if isinstance(value, str) else value)


def _fill(x: np.ndarray, preprocessor: ColumnTransformer, table: pd.DataFrame) -> None:
    """Write into `x` what the fitted preprocessor makes of a table.

    Numbers take the steps of scikit-learn's transformers in one array: these copy and check at every step, which costs
    several times as much as the arithmetic.
    """
    width = 0
    for name, transformer, columns in preprocessor.transformers_:
        if name == "number" and len(columns):
            impute, scale = (step for _, step in transformer.steps)
            numbers = table[columns].to_numpy(dtype=np.float64)
            missing = np.isnan(numbers)
            marks = missing[:, impute.indicator_.features_]
            filled = np.where(missing, impute.statistics_, numbers) if missing.any() else numbers
            known, width = filled.shape[1], filled.shape[1] + marks.shape[1]
            x[:, :known] = (filled - scale.mean_[:known]) / scale.scale_[:known]
            x[:, known:width] = (marks - scale.mean_[known:]) / scale.scale_[known:]
        elif name == "category" and len(columns):
            x[:, width:] = transformer.transform(table[columns]).toarray()


def _columns_by_role(schema: Schema) -> tuple[list[str], list[str]]:
    categories = [name for name, column_type in schema.features.items() if column_type == "category"]
    numbers = [name for name, column_type in schema.features.items() if column_type in ("number", "boolean")]
    dates = [name for name, column_type in schema.features.items() if column_type == "date"]
    return categories, numbers + [f"{name}_{part}" for name in dates for part in DATE_PARTS]


def _with_date_parts(records: pd.DataFrame) -> pd.DataFrame:
    """Replace every date by its calendar parts, and missing categories by a name of their own."""
    if all(pd.api.types.is_numeric_dtype(dtype) for dtype in records.dtypes):
        return records
    columns: dict[str, pd.Series] = {}
    for name in records:
        column = records[name]
        if pd.api.types.is_datetime64_any_dtype(column):
            columns |= {f"{name}_{part}": getattr(column.dt, part).astype("float64") for part in DATE_PARTS}
        elif pd.api.types.is_numeric_dtype(column):
            columns[str(name)] = column
        else:
            columns[str(name)] = column.astype(object).where(column.notna(), "(missing)")
    return pd.DataFrame(columns)


KIND = Tabular()
