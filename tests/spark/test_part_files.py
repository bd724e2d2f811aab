"""Examples that tasks write: complete files that `ExamplesDataset` reads, or none."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sakon.datasets import ExamplesDataset
from sakon.errors import ClusterError, DataError
from sakon.problem import Examples, InputSpec
from sakon.spark.arrow_batches import example_columns, to_arrow_lists
from sakon.spark.part_files import write_example_batches, write_examples
from sakon.spark.partitions_dataset import PartitionsDataset
from sakon.spark.sql import map_batches


def random_examples(rows: int, tokens: bool = False) -> Examples:
    rng = np.random.default_rng(rows)
    x = rng.normal(size=(rows, 2, 3)).astype(np.float32)
    numbers = rng.integers(9, size=(rows, 4)).astype(np.int32) if tokens else None
    return Examples(x, rng.integers(3, size=rows).astype(np.int32), np.arange(rows), numbers)


def to_arrow(examples: Examples) -> pa.Table:
    columns = {"x": to_arrow_lists(examples.x), "y": pa.array(examples.y), "row": pa.array(examples.row)}
    return pa.table(columns if examples.tokens is None else columns | {"tokens": to_arrow_lists(examples.tokens)})


def check_equal(examples: Examples, expected: Examples) -> None:
    for name in ("x", "y", "row", "tokens"):
        value, expected_value = getattr(examples, name), getattr(expected, name)
        assert (value is None) == (expected_value is None)
        if value is not None:
            assert value.dtype == expected_value.dtype
            np.testing.assert_array_equal(value, expected_value)


@given(rows=st.integers(1, 50), size=st.integers(1, 20), tokens=st.booleans())
@settings(max_examples=20, deadline=None)
def test_batches_are_written_to_one_file(rows: int, size: int, tokens: bool) -> None:
    examples = random_examples(rows, tokens)
    with tempfile.TemporaryDirectory() as folder:
        (batch,) = write_example_batches(iter(to_arrow(examples).to_batches(size)), folder, (2, 3))
        assert batch.to_pylist() == [{"name": "part-00000.parquet", "rows": rows}]
        check_equal(ExamplesDataset(filepath=folder).load(), examples)


def test_failed_attempt_leaves_no_parquet_file(tmp_path: Path) -> None:
    def failing_batches() -> Iterator[pa.RecordBatch]:
        yield from to_arrow(random_examples(9)).to_batches()
        raise OSError("failed")

    with pytest.raises(OSError, match="failed"):
        list(write_example_batches(failing_batches(), str(tmp_path), (2, 3)))
    assert list(tmp_path.glob("*.parquet")) == []
    list(write_example_batches(iter(to_arrow(random_examples(9)).to_batches()), str(tmp_path), (2, 3)))
    check_equal(ExamplesDataset(filepath=str(tmp_path)).load(), random_examples(9))


def spark_table(spark: Any, examples: Examples, partitions: int) -> Any:
    from pyspark import cloudpickle

    spec = InputSpec(kind="image", task="classification", shape=(2, 3), classes=(0, 1, 2), steps=4)
    rows = spark.createDataFrame(pa.table({"row": examples.row})).repartitionByRange(partitions, "row")
    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import tests

    def look_up(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        table = to_arrow(examples)
        for batch in batches:
            yield from table.take(batch.column("row").sort()).combine_chunks().to_batches()

    return map_batches(rows, look_up, example_columns(spec))


def test_folder_of_part_files_replaces_a_file_and_a_folder(spark: Any, tmp_path: Path) -> None:
    examples, path = random_examples(40, tokens=True), tmp_path / "train.parquet"
    ExamplesDataset(filepath=str(path)).save(random_examples(3))
    write_examples(spark_table(spark, examples, 5), path)
    check_equal(ExamplesDataset(filepath=str(path)).load(), examples)
    assert len(PartitionsDataset(filepath=str(path)).load()) == 40
    for file in path.iterdir():
        assert pq.ParquetFile(file, page_checksum_verification=True).read().num_rows
    write_examples(spark_table(spark, random_examples(7, tokens=True), 2), path)
    check_equal(ExamplesDataset(filepath=str(path)).load(), random_examples(7, tokens=True))
    assert [each.name for each in tmp_path.iterdir()] == ["train.parquet"]


def test_file_is_kept_if_there_are_no_examples_or_a_task_fails(spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    ExamplesDataset(filepath=str(path)).save(random_examples(3))
    table = spark_table(spark, random_examples(6, tokens=True), 2)
    with pytest.raises(DataError, match=r"train\.parquet: expected examples, found none"):
        write_examples(table.where("row < 0"), path)
    with pytest.raises(ClusterError, match=r"writing .*train\.parquet failed"):
        write_examples(table.selectExpr("x", "y", "raise_error('no') as row", "tokens"), path)
    check_equal(ExamplesDataset(filepath=str(path)).load(), random_examples(3))
    assert [each.name for each in tmp_path.iterdir()] == ["train.parquet"]
