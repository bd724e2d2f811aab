"""What workers do with batches of a table: type its rows, and turn them into what models read."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sakon import kinds
from sakon.datasets.examples import SHAPE_KEY
from sakon.errors import DataError
from sakon.lazy import pd
from sakon.problem import Examples, InputSpec, Schema
from sakon.records.splitting import ROW
from sakon.records.targets import typed_target

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import DataType, StructType

CONTENT = "__sakon_content__"
"""Column of typed records: equal where all features are."""
NUMBER = "__sakon_row__"
"""Column of raw rows: their number, which becomes that of the record."""
MOMENT = "__sakon_moment__"
"""Column of typed records: when a row was, a number that grows with time; microseconds since 1970 for moments."""


@dataclass(frozen=True)
class Typing:
    """How a worker types raw rows.

    Attributes:
        schema: What they hold.
        kept: Columns that pass as they are, group and time.
        time: Column of moments, where the parts follow each other in time.
        days: Whether moments are days, whatever they look like.
    """

    schema: Schema
    kept: tuple[str, ...] = ()
    time: str | None = None
    days: bool = False


def mapped(table: DataFrame, function: Callable[[Iterator[Any]], Iterator[Any]], columns: StructType) -> DataFrame:
    """Return a table whose rows a function of Arrow batches makes in the workers; lazily."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of pandas 3, which Arrow's batches never meet in PySpark
        return table.mapInArrow(function, columns)


def as_pandas(table: Any) -> pd.DataFrame:
    """Return an Arrow table or batch as both driver and workers read it."""
    found: pd.DataFrame = table.to_pandas(date_as_object=False)
    return found


def typed_columns(typing: Typing, raw: StructType) -> StructType:
    """Return the columns of typed records: features, target, what is kept, number and content.

    The schema goes with `row`.

    Args:
        typing: How rows are typed.
        raw: Columns of the raw table.
    """
    from pyspark.sql.types import DoubleType, LongType, StringType, StructField, StructType, TimestampNTZType

    of = {"number": DoubleType(), "boolean": DoubleType(), "date": TimestampNTZType()}
    schema = typing.schema
    fields = [StructField(name, of.get(wanted, StringType())) for name, wanted in schema.features.items()]
    fields.append(StructField(schema.target, _target_type(schema), nullable=False))
    fields += [StructField(name, raw[name].dataType) for name in typing.kept]
    fields.append(StructField(ROW, LongType(), nullable=False, metadata={"sakon.schema": schema.model_dump_json()}))
    fields.append(StructField(CONTENT, LongType(), nullable=False))
    if typing.time is not None:
        fields.append(StructField(MOMENT, DoubleType()))
    return StructType(fields)


def schema_in(columns: StructType) -> Schema:
    """Return the schema that goes with typed records."""
    return Schema.model_validate_json(columns[ROW].metadata["sakon.schema"])


def _target_type(schema: Schema) -> DataType:
    from pyspark.sql.types import BooleanType, DoubleType, LongType, StringType

    if schema.task != "classification":
        return DoubleType()
    return {bool: BooleanType(), int: LongType(), str: StringType()}[type(schema.classes[0])]


def type_batches(batches: Iterator[Any], typing: Typing) -> Iterator[Any]:
    """Yield batches of typed records for batches of raw rows that have a target and a number.

    Args:
        batches: Of Arrow, with the columns of the raw table and their number.
        typing: How rows are typed.
    """
    import pyarrow as pa

    schema = typing.schema
    kind = kinds.get(schema.kind)
    for batch in batches:
        raw = as_pandas(_codes_as_text(batch.select(list(schema.features)), schema))
        features = kind.from_request(raw, schema)
        columns: dict[str, Any] = {
            name: pa.Array.from_pandas(features[name], type=_arrow_type(wanted))
            for name, wanted in schema.features.items()
        }
        target = typed_target(batch.column(schema.target).to_pandas(), schema.task)
        columns[schema.target] = pa.Array.from_pandas(target)
        columns |= {name: batch.column(name) for name in typing.kept}
        columns[ROW] = batch.column(NUMBER)
        columns[CONTENT] = pa.array(content(features).view(np.int64))
        if typing.time is not None:
            columns[MOMENT] = pa.Array.from_pandas(moment(batch.column(typing.time).to_pandas(), typing.days))
        yield pa.RecordBatch.from_pydict(columns)


def content(features: pd.DataFrame) -> np.ndarray:
    """Return a number for every row that is equal where all features are, (rows,), uint64.

    It is what `records.splitting.content_of` numbers rows by, and the same in whatever batch a row comes.
    """
    return np.asarray(pd.util.hash_pandas_object(features, index=False).to_numpy())


def moment(column: pd.Series, days: bool) -> pd.Series:
    """Return when each row was as float64: a number as it is, a moment in microseconds; NaN where it says none.

    Args:
        column: Numbers, moments, or texts that say moments.
        days: Whether numbers say days too, such as 20240531.
    """
    if pd.api.types.is_numeric_dtype(column) and not days:
        return column.astype("float64")
    text = column if pd.api.types.is_datetime64_any_dtype(column) else column.astype("string")
    # Each value by itself: a format guessed from the first row would differ from batch to batch.
    found = pd.to_datetime(text, errors="coerce", format="mixed", utc=True).dt.tz_localize(None)
    return found.astype("datetime64[us]").astype("int64").astype("float64").where(found.notna())


def _codes_as_text(batch: Any, schema: Schema) -> Any:
    """Write numbers that are categories as the codes they are, value by value: 3, also beside missing ones."""
    import pyarrow as pa

    columns = {}
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if schema.features[field.name] == "category" and pa.types.is_integer(field.type):
            column = column.cast(pa.string())
        elif schema.features[field.name] == "category" and pa.types.is_floating(field.type):
            column = pa.array([_code(value) for value in column.to_pylist()], pa.string())
        columns[field.name] = column
    return pa.RecordBatch.from_pydict(columns)


def _code(value: float | None) -> str | None:
    if value is None or np.isnan(value):
        return None
    return str(int(value)) if value % 1 == 0 else str(value)


def _arrow_type(wanted: str) -> Any:
    import pyarrow as pa

    return {"number": pa.float64(), "boolean": pa.float64(), "date": pa.timestamp("us")}.get(wanted, pa.string())


def part_columns(input_spec: InputSpec) -> StructType:
    """Return the columns of a part in Spark: `x`, `y`, `row`, and `tokens` where there are any.

    The shape of an example goes with `x`, as in the files of `ExamplesDataset`.
    """
    import json

    from pyspark.sql.types import ArrayType, FloatType, IntegerType, LongType, StructField, StructType

    shape = {SHAPE_KEY.decode(): json.dumps(input_spec.shape)}
    y = IntegerType() if input_spec.task == "classification" else FloatType()
    inputs = FloatType() if input_spec.dtype == "float32" else IntegerType()
    fields = [
        StructField("x", ArrayType(inputs, containsNull=False), nullable=False, metadata=shape),
        StructField("y", y, nullable=False),
        StructField("row", LongType(), nullable=False),
    ]
    if input_spec.steps:
        fields.append(StructField("tokens", ArrayType(IntegerType(), containsNull=False), nullable=False))
    return StructType(fields)


def transform_batches(
    batches: Iterator[Any], preprocessor: Any, input_spec: InputSpec, schema: Schema
) -> Iterator[Any]:
    """Yield batches of examples for batches of records.

    Args:
        batches: Of Arrow, with the columns of records.
        preprocessor: Fitted on train.
        input_spec: What models read.
        schema: What the records hold.

    Raises:
        DataError: If an input or a target is NaN or infinite.
    """
    import pyarrow as pa

    kind = kinds.get(schema.kind)
    for batch in batches:
        if not len(batch):
            continue
        records = as_pandas(batch)
        part = Examples(
            x=kind.transform(preprocessor, records, schema, input_spec),
            y=kind.targets(records, schema, input_spec),
            row=kind.row_numbers(records),
            tokens=kind.tokens(preprocessor, records, input_spec),
        )
        _refuse_what_is_not_finite(part)
        columns = {"x": lists(part.x), "y": pa.array(part.y), "row": pa.array(part.row)}
        if part.tokens is not None:
            columns["tokens"] = lists(part.tokens)
        yield pa.RecordBatch.from_pydict(columns)


def lists(values: np.ndarray) -> Any:
    """Return arrays, (rows, *shape), as Arrow lists, without a copy: Spark knows none of a fixed size."""
    import pyarrow as pa

    size = int(np.prod(values.shape[1:]))
    borders = np.arange(0, (len(values) + 1) * size, size, dtype=np.int32)[: len(values) + 1]
    return pa.ListArray.from_arrays(pa.array(borders), pa.array(np.ascontiguousarray(values).reshape(-1)))


def arrays(batch: Any, shape: tuple[int, ...]) -> Examples:
    """Return the part that a batch of examples holds.

    Args:
        batch: Of Arrow, with the columns of `part_columns`.
        shape: Of one example.
    """
    found: Mapping[str, Any] = {name: batch.column(name) for name in batch.schema.names}
    rows = len(batch)
    tokens = np.asarray(found["tokens"].flatten()).reshape(rows, -1) if "tokens" in found else None
    return Examples(
        x=np.asarray(found["x"].flatten()).reshape(rows, *shape),
        y=found["y"].to_numpy(zero_copy_only=False),
        row=found["row"].to_numpy(zero_copy_only=False),
        tokens=tokens,
    )


def _refuse_what_is_not_finite(part: Examples) -> None:
    for name, values in (("inputs", part.x), ("targets", part.y)):
        finite = np.isfinite(values.reshape(len(part), -1)).all(axis=1)
        if not finite.all():
            raise DataError(
                f"Records: expected finite {name}, found NaN or infinity in {int((~finite).sum())} of {len(part)} "
                f"examples of a batch, the first being record {int(part.row[finite.argmin()])}; mend or drop "
                f"those rows."
            )
