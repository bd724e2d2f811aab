"""Functions that workers apply to Arrow batches: from raw rows to typed records, and from records to examples."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sakon import kinds
from sakon.datasets.examples import SHAPE_KEY
from sakon.errors import DataError
from sakon.kinds import Preprocessor
from sakon.lazy import pd
from sakon.problem import Examples, InputSpec, Schema
from sakon.records.period_texts import PATTERNS, parse_periods
from sakon.records.splitting import ROW
from sakon.records.targets import cast_target
from sakon.records.time_zones import local_time, split_offsets
from sakon.spark.sql import to_pandas

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql.types import DataType, StructType

FEATURE_HASH = "__sakon_feature_hash__"
"""Column of typed records: equal for rows with equal features."""
RAW_ROW = "__sakon_row__"
"""Column of raw rows: their unique number, which becomes the number of the record."""
TIMESTAMP = "__sakon_timestamp__"
"""Column of typed records: the time column as a number, in microseconds since 1970 if it holds timestamps."""
SCHEMA_METADATA = "sakon.schema"


@dataclass(frozen=True)
class RecordTyping:
    """How a worker types raw rows.

    Attributes:
        schema: Columns and task of the records.
        passthrough: Columns that are copied unchanged: group and time.
        time: Column to split by time.
        by_days: Whether `time` holds days, also if its values are numbers.
    """

    schema: Schema
    passthrough: tuple[str, ...] = ()
    time: str | None = None
    by_days: bool = False


def record_columns(typing: RecordTyping, raw: StructType) -> StructType:
    """Return the columns of typed records: features, target, `passthrough`, row number and feature hash.

    The schema is stored in the metadata of `ROW`.

    Args:
        typing: How rows are typed.
        raw: Columns of the raw table.
    """
    from pyspark.sql.types import DoubleType, LongType, StringType, StructField, StructType, TimestampNTZType

    spark_types = {"number": DoubleType(), "boolean": DoubleType(), "date": TimestampNTZType()}
    schema = typing.schema
    fields = [StructField(name, spark_types.get(type_, StringType())) for name, type_ in schema.features.items()]
    fields.append(StructField(schema.target, _target_type(schema), nullable=False))
    fields += [StructField(name, raw[name].dataType) for name in typing.passthrough]
    fields.append(StructField(ROW, LongType(), nullable=False, metadata={SCHEMA_METADATA: schema.model_dump_json()}))
    fields.append(StructField(FEATURE_HASH, LongType(), nullable=False))
    if typing.time is not None:
        fields.append(StructField(TIMESTAMP, DoubleType()))
    return StructType(fields)


def read_schema(columns: StructType) -> Schema:
    """Return the schema that is stored with typed records."""
    return Schema.model_validate_json(columns[ROW].metadata[SCHEMA_METADATA])


def _target_type(schema: Schema) -> DataType:
    from pyspark.sql.types import BooleanType, DoubleType, LongType, StringType

    if schema.task != "classification":
        return DoubleType()
    return {bool: BooleanType(), int: LongType(), str: StringType()}[type(schema.classes[0])]


def type_batches(batches: Iterator[pa.RecordBatch], typing: RecordTyping) -> Iterator[pa.RecordBatch]:
    """Yield batches of typed records for batches of raw rows.

    Args:
        batches: With the columns of the raw table and `RAW_ROW`; every row has a target.
        typing: How rows are typed.
    """
    import pyarrow as pa

    schema = typing.schema
    kind = kinds.get(schema.kind)
    for batch in batches:
        raw = to_pandas(_format_numeric_categories(batch.select(list(schema.features)), schema))
        readable, _ = kind.separate_unreadable(raw, schema)  # unreadable numbers are missing, as on one machine
        features = kind.from_request(readable, schema)
        columns: dict[str, pa.Array] = {
            name: pa.Array.from_pandas(features[name], type=_arrow_type(type_))
            for name, type_ in schema.features.items()
        }
        target = cast_target(batch.column(schema.target).to_pandas(), schema.task)
        columns[schema.target] = pa.Array.from_pandas(target)
        columns |= {name: batch.column(name) for name in typing.passthrough}
        columns[ROW] = batch.column(RAW_ROW)
        columns[FEATURE_HASH] = pa.array(hash_features(features).view(np.int64))
        if typing.time is not None:
            timestamps = parse_timestamps(batch.column(typing.time).to_pandas(), typing.by_days)
            columns[TIMESTAMP] = pa.Array.from_pandas(timestamps)
        yield pa.RecordBatch.from_pydict(columns)


def hash_features(features: pd.DataFrame) -> np.ndarray:
    """Return a hash of the features of every row, (rows,), uint64; it does not depend on the batch.

    Rows are equal by it exactly if `sakon.records.splitting.content_of` counts them as equal.
    """
    return np.asarray(pd.util.hash_pandas_object(features, index=False).to_numpy())


def parse_timestamps(column: pd.Series, by_days: bool) -> pd.Series:
    """Return a time column as float64: numbers unchanged, timestamps in microseconds since 1970, else NaN.

    Args:
        column: Numbers, timestamps, or texts with timestamps.
        by_days: Whether numbers are days too, such as 20240531.
    """
    if pd.api.types.is_numeric_dtype(column) and not by_days:
        return column.astype("float64")
    text = column if pd.api.types.is_datetime64_any_dtype(column) else column.astype("string")
    # Each value by itself: a format inferred from the first row would differ between batches.
    if by_days:  # configured days are local
        text = local_time(text) if pd.api.types.is_datetime64_any_dtype(text) else split_offsets(text)[0]
    parsed = pd.to_datetime(text, errors="coerce", format="mixed", utc=True).dt.tz_localize(None)
    if (others := text[parsed.isna()].dropna()).size:
        for periods in PATTERNS:
            parsed = parsed.fillna(parse_periods(others, periods))
    return parsed.astype("datetime64[us]").astype("int64").astype("float64").where(parsed.notna())


def _format_numeric_categories(batch: pa.RecordBatch, schema: Schema) -> pa.RecordBatch:
    """Return a batch whose numeric categories are text: 3, not 3.0, also in columns with missing values."""
    import pyarrow as pa

    columns = {}
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if schema.features[field.name] == "category" and pa.types.is_integer(field.type):
            column = column.cast(pa.string())
        elif schema.features[field.name] == "category" and pa.types.is_floating(field.type):
            column = pa.array([_format_number(value) for value in column.to_pylist()], pa.string())
        columns[field.name] = column
    return pa.RecordBatch.from_pydict(columns)


def _format_number(value: float | None) -> str | None:
    if value is None or np.isnan(value):
        return None
    return str(int(value)) if value % 1 == 0 else str(value)


def _arrow_type(column_type: str) -> pa.DataType:
    import pyarrow as pa

    types = {"number": pa.float64(), "boolean": pa.float64(), "date": pa.timestamp("us")}
    return types.get(column_type, pa.string())


def example_columns(input_spec: InputSpec) -> StructType:
    """Return the columns of examples in Spark: `x`, `y`, `row`, and `tokens` for token sequences.

    The shape of an example is stored in the metadata of `x`, as in the files of `ExamplesDataset`.
    """
    from pyspark.sql.types import ArrayType, FloatType, IntegerType, LongType, StructField, StructType

    shape = {SHAPE_KEY.decode(): json.dumps(input_spec.shape)}
    y = IntegerType() if input_spec.task == "classification" else FloatType()
    fields = [
        StructField("x", ArrayType(FloatType(), containsNull=False), nullable=False, metadata=shape),
        StructField("y", y, nullable=False),
        StructField("row", LongType(), nullable=False),
    ]
    if input_spec.steps:
        fields.append(StructField("tokens", ArrayType(IntegerType(), containsNull=False), nullable=False))
    return StructType(fields)


def transform_batches(
    batches: Iterator[pa.RecordBatch], preprocessor: Preprocessor, input_spec: InputSpec, schema: Schema
) -> Iterator[pa.RecordBatch]:
    """Yield batches of examples for batches of records.

    Args:
        batches: With the columns of records.
        preprocessor: Fitted on train.
        input_spec: Inputs and outputs of models.
        schema: Columns and task of the records.

    Raises:
        DataError: If an input or a target is NaN or infinite.
    """
    import pyarrow as pa

    kind = kinds.get(schema.kind)
    for batch in batches:
        if not len(batch):
            continue
        records = to_pandas(batch)
        examples = Examples(
            x=kind.transform(preprocessor, records, schema, input_spec),
            y=kind.targets(records, schema, input_spec),
            row=kind.row_numbers(records),
            tokens=kind.tokens(preprocessor, records, input_spec),
        )
        _check_finite(examples)
        columns = {"x": to_arrow_lists(examples.x), "y": pa.array(examples.y), "row": pa.array(examples.row)}
        if examples.tokens is not None:
            columns["tokens"] = to_arrow_lists(examples.tokens)
        yield pa.RecordBatch.from_pydict(columns)


def to_arrow_lists(values: np.ndarray) -> pa.ListArray:
    """Return arrays, (rows, *shape), as Arrow lists without a copy; Spark does not support lists of a fixed size."""
    import pyarrow as pa

    size = int(np.prod(values.shape[1:]))
    offsets = np.arange(0, (len(values) + 1) * size, size, dtype=np.int32)[: len(values) + 1]
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(np.ascontiguousarray(values).reshape(-1)))


def examples_from_batch(batch: pa.RecordBatch, shape: tuple[int, ...]) -> Examples:
    """Return the examples of an Arrow batch.

    Args:
        batch: With the columns of `example_columns`.
        shape: Shape of one example.
    """
    columns = {name: batch.column(name) for name in batch.schema.names}
    rows = len(batch)
    tokens = np.asarray(columns["tokens"].flatten()).reshape(rows, -1) if "tokens" in columns else None
    return Examples(
        x=np.asarray(columns["x"].flatten()).reshape(rows, *shape),
        y=columns["y"].to_numpy(zero_copy_only=False),
        row=columns["row"].to_numpy(zero_copy_only=False),
        tokens=tokens,
    )


def _check_finite(examples: Examples) -> None:
    for name, values in (("inputs", examples.x), ("targets", examples.y)):
        finite = np.isfinite(values.reshape(len(examples), -1)).all(axis=1)
        if not finite.all():
            raise DataError(
                f"Records: expected finite {name}, found NaN or infinity in {int((~finite).sum())} of {len(examples)} "
                f"examples of a batch, the first in record {int(examples.row[finite.argmin()])}; fix or drop those "
                f"rows."
            )
