"""From a table of Spark to the files that models read; rows stay in the workers."""

from __future__ import annotations

from functools import partial
from typing import Any

from sakon import kinds
from sakon.problem import InputSpec, Problem, Schema
from sakon.records.splitting import SPLITS
from sakon.spark import dividing, measuring, preparing, surveying
from sakon.spark.config import DistributedConfig
from sakon.spark.tables import named

Table = Any  # a DataFrame of PySpark, which must not be imported for `kedro registry list`


def type_records(table: Table, problem: Problem, distributed: DistributedConfig) -> Table:
    """Type every row of a table as records of its kind, number them, and tell equal ones.

    Types of the features are those of a sample; classes, and faults of the target and of numbers, are those of the
    whole table.

    Args:
        table: Raw rows.
        problem: What is to be learnt.
        distributed: How many rows may come to the driver.

    Returns:
        The records of the rows that have a target; their schema goes with the column `row`.

    Raises:
        DataError: Naming what could not be learnt from, before anything is written.
    """
    table = surveying.plain(table)
    surveying.check_table(table, problem)
    found = surveying.survey(table, problem)
    table = surveying.ready(table, found, problem.target)
    rows = surveying.sample(table, found.rows, distributed.sample_rows, problem.seed, preparing.NUMBER)
    schema = surveying.described(rows, found, problem)
    split = problem.split
    kept = tuple(dict.fromkeys(name for name in (split.group, split.time) if name is not None))
    days = any(day is not None for day in (split.begin, split.validation_begin, split.end))
    typing = preparing.Typing(schema, kept, split.time, days)
    wanted = table.select(
        *(named(name) for name in dict.fromkeys((*schema.features, schema.target, *kept, preparing.NUMBER)))
    )
    function = partial(preparing.type_batches, typing=typing)
    return preparing.mapped(wanted, function, preparing.typed_columns(typing, wanted.schema))


def split(typed_records: Table, problem: Problem, distributed: DistributedConfig) -> tuple[Any, ...]:
    """Part typed records into train, validation and test; see `sakon.spark.dividing.divided`.

    Args:
        typed_records: What `type_records` made.
        problem: What is to be learnt.
        distributed: How many rows may come to the driver.

    Returns:
        Three tables of records, each in a random order of its own, and the schema.

    Raises:
        DataError: If a part would be empty or train without a class, before anything is written.
    """
    schema = preparing.schema_in(typed_records.schema)
    records = dividing.divided(typed_records, problem, distributed.sample_rows)
    dividing.check_counts(dividing.counts(records, schema), schema)
    kept = [named(name) for name in typed_records.columns if not name.startswith("__sakon_")]
    parts = [
        dividing.in_order(records.where(f"{dividing.PART} = {number}").select(*kept), problem.seed)
        for number in range(len(SPLITS))
    ]
    return *parts, schema


def fit_preprocessor(
    train_records: Table, schema: Schema, problem: Problem, distributed: DistributedConfig
) -> tuple[Any, InputSpec]:
    """Fit the preprocessor on a sample of train alone, and say what models will read.

    Args:
        train_records: Records of train; no other row is ever seen here.
        schema: What the records hold.
        problem: What is to be learnt.
        distributed: How many rows may come to the driver.

    Returns:
        The fitted scikit-learn transformer, and the input specification; in that the target's mean and scale, and the
        fingerprint, are those of all train records.
    """
    kind = kinds.get(schema.kind)
    found = measuring.measured(train_records, schema, problem)
    rows = surveying.sample(train_records, found.rows, distributed.sample_rows, problem.seed)
    preprocessor = kind.fit_preprocessor(rows, schema, problem)
    return preprocessor, InputSpec.from_layout(
        kind.input_layout(preprocessor, rows, schema, problem),
        schema,
        target_mean=found.mean,
        target_scale=found.scale,
        fingerprint=found.fingerprint,
    )


def transform(records: Table, preprocessor: Any, input_spec: InputSpec, schema: Schema, problem: Problem) -> Table:
    """Turn the records of one part into examples, in their order.

    Args:
        records: Records of train, validation or test.
        preprocessor: Fitted on train.
        input_spec: What models read.
        schema: What the records hold.
        problem: Its seed decides the order.

    Returns:
        Inputs, target (class index, or standardised value), row numbers, and tokens where there are any.
    """
    function = partial(preparing.transform_batches, preprocessor=preprocessor, input_spec=input_spec, schema=schema)
    return preparing.mapped(dividing.in_order(records, problem.seed), function, preparing.part_columns(input_spec))
