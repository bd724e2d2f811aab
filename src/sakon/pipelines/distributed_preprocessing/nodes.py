"""Preprocessing on Spark: from a table to files of examples."""

from __future__ import annotations

from functools import partial
from typing import Any

from sakon import kinds
from sakon.kinds import Preprocessor
from sakon.problem import InputSpec, Problem, Schema
from sakon.records.splitting import SPLITS
from sakon.spark import arrow_batches, table_profile, table_splitting
from sakon.spark.arrow_batches import RecordTyping
from sakon.spark.config import DistributedConfig
from sakon.spark.missing_values import mark_missing
from sakon.spark.sql import column, map_batches, sample_rows
from sakon.spark.train_statistics import compute_train_statistics

Table = Any  # `pyspark.sql.DataFrame`; Kedro reads annotations, and `kedro registry list` must not import PySpark
INTERNAL = "__sakon_"
"""Prefix of the columns that are not part of the records."""


def type_records(table: Table, problem: Problem, distributed: DistributedConfig) -> Table:
    """Type every row of a table as a record of its kind, number it, and hash its features.

    Column types are inferred from a sample. Classes, and errors in the target and in numeric columns, are those of the
    whole table.

    Args:
        table: Raw rows.
        problem: The problem.
        distributed: Maximum number of rows in the driver.

    Returns:
        Records of the rows with a target; their schema is stored with the column `ROW`.

    Raises:
        DataError: Naming every error in the table, before anything is written.
    """
    table = table_profile.normalize_columns(table)
    table_profile.check_table(table, problem)
    table = mark_missing(table, problem)
    profile = table_profile.profile_table(table, problem)
    table = table_profile.select_labelled_rows(table, profile, problem.target)
    row_number = arrow_batches.RAW_ROW
    sample = sample_rows(table, profile.rows, distributed.sample_rows, problem.seed, row_number)
    schema = table_profile.infer_schema(sample, profile, problem)
    split = problem.split
    passthrough = tuple(dict.fromkeys(name for name in (split.group, split.time) if name is not None))
    by_days = any(day is not None for day in (split.begin, split.validation_begin, split.end))
    typing = RecordTyping(schema, passthrough, split.time, by_days)
    names = dict.fromkeys((*schema.features, schema.target, *passthrough, row_number))
    rows = table.select(*map(column, names))
    function = partial(arrow_batches.type_batches, typing=typing)
    return map_batches(rows, function, arrow_batches.record_columns(typing, rows.schema))


def split(typed_records: Table, problem: Problem, distributed: DistributedConfig) -> tuple[Table, Table, Table, Schema]:
    """Split typed records into train, validation and test; see `sakon.spark.table_splitting.add_split_column`.

    Args:
        typed_records: What `type_records` returns.
        problem: The problem.
        distributed: Maximum number of rows in the driver.

    Returns:
        Records of train, validation and test, each in a random order, and their schema.

    Raises:
        DataError: If a split would be empty or train would lack a class, before anything is written.
    """
    schema = arrow_batches.read_schema(typed_records.schema)
    records = table_splitting.add_split_column(typed_records, problem, distributed.sample_rows)
    table_splitting.check_row_counts(table_splitting.count_rows(records, schema), schema)
    columns = [column(name) for name in typed_records.columns if not name.startswith(INTERNAL)]
    train, validation, test = (
        table_splitting.shuffle_rows(
            records.where(f"{table_splitting.SPLIT} = {number}").select(*columns), problem.seed
        )
        for number in range(len(SPLITS))
    )
    return train, validation, test, schema


def fit_preprocessor(
    train_records: Table, schema: Schema, problem: Problem, distributed: DistributedConfig
) -> tuple[Preprocessor, InputSpec]:
    """Fit the preprocessor on a sample of train alone.

    Args:
        train_records: Records of train.
        schema: Their columns and task.
        problem: The problem.
        distributed: Maximum number of rows in the driver.

    Returns:
        The fitted scikit-learn transformer, and the input specification, whose target mean and scale, and fingerprint,
        are those of all train records.
    """
    kind = kinds.get(schema.kind)
    statistics = compute_train_statistics(train_records, schema, problem)
    rows = sample_rows(train_records, statistics.rows, distributed.sample_rows, problem.seed)
    preprocessor = kind.fit_preprocessor(rows, schema, problem)
    return preprocessor, InputSpec.from_layout(
        kind.input_layout(preprocessor, rows, schema, problem),
        schema,
        target_mean=statistics.target_mean,
        target_scale=statistics.target_scale,
        fingerprint=statistics.fingerprint,
    )


def transform(
    records: Table, preprocessor: Preprocessor, input_spec: InputSpec, schema: Schema, problem: Problem
) -> Table:
    """Transform the records of one split into examples, in the same order.

    Args:
        records: Records of train, validation or test.
        preprocessor: Fitted on train.
        input_spec: Inputs and outputs of models.
        schema: Columns and task of the records.
        problem: Its seed decides the order.

    Returns:
        Inputs, targets (class index, or standardised value), row numbers, and tokens for token sequences.
    """
    function = partial(arrow_batches.transform_batches, preprocessor=preprocessor, input_spec=input_spec, schema=schema)
    ordered = table_splitting.shuffle_rows(records, problem.seed)
    return map_batches(ordered, function, arrow_batches.example_columns(input_spec))
