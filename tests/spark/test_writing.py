"""Parts written by the tasks that hold them: whole, as `ExamplesDataset` reads them, or not at all."""

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
from sakon.spark import preparing
from sakon.spark.partitions import PartitionsDataset
from sakon.spark.writing import write_batches, write_parts


def part(rows: int, tokens: bool = False) -> Examples:
    rng = np.random.default_rng(rows)
    x = rng.normal(size=(rows, 2, 3)).astype(np.float32)
    numbers = rng.integers(9, size=(rows, 4)).astype(np.int32) if tokens else None
    return Examples(x, rng.integers(3, size=rows).astype(np.int32), np.arange(rows), numbers)


def examples(given: Examples) -> pa.Table:
    columns = {"x": preparing.lists(given.x), "y": pa.array(given.y), "row": pa.array(given.row)}
    return pa.table(columns if given.tokens is None else columns | {"tokens": preparing.lists(given.tokens)})


def check_equal(found: Examples, expected: Examples) -> None:
    for name in ("x", "y", "row", "tokens"):
        value, wanted = getattr(found, name), getattr(expected, name)
        assert (value is None) == (wanted is None)
        if value is not None:
            assert value.dtype == wanted.dtype
            np.testing.assert_array_equal(value, wanted)


@given(rows=st.integers(1, 50), size=st.integers(1, 20), tokens=st.booleans())
@settings(max_examples=20, deadline=None)
def test_batches_become_the_file_of_a_part(rows: int, size: int, tokens: bool) -> None:
    given = part(rows, tokens)
    with tempfile.TemporaryDirectory() as folder:
        (said,) = write_batches(iter(examples(given).to_batches(size)), folder, (2, 3))
        assert said.to_pylist() == [{"name": "part-00000.parquet", "rows": rows}]
        check_equal(ExamplesDataset(filepath=folder).load(), given)


def test_an_attempt_that_fails_leaves_nothing_that_could_be_read(tmp_path: Path) -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield from examples(part(9)).to_batches()
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(write_batches(broken(), str(tmp_path), (2, 3)))
    assert list(tmp_path.glob("*.parquet")) == []
    list(write_batches(iter(examples(part(9)).to_batches()), str(tmp_path), (2, 3)))
    check_equal(ExamplesDataset(filepath=str(tmp_path)).load(), part(9))


def spark_part(spark: Any, given: Examples, partitions: int) -> Any:
    spec = InputSpec(kind="image", task="classification", shape=(2, 3), classes=(0, 1, 2), steps=4)
    from pyspark import cloudpickle

    columns = preparing.part_columns(spec)
    rows = spark.createDataFrame(pa.table({"row": given.row})).repartitionByRange(partitions, "row")

    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers do not import tests

    def look_up(found: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        whole = examples(given)
        for batch in found:
            yield from whole.take(batch.column("row").sort()).combine_chunks().to_batches()

    return preparing.mapped(rows, look_up, columns)


def test_tasks_write_a_folder_that_takes_the_place_of_a_file(spark: Any, tmp_path: Path) -> None:
    given, place = part(40, tokens=True), tmp_path / "train.parquet"
    ExamplesDataset(filepath=str(place)).save(part(3))
    write_parts(spark_part(spark, given, 5), place)
    check_equal(ExamplesDataset(filepath=str(place)).load(), given)
    assert len(PartitionsDataset(filepath=str(place)).load()) == 40
    for file in place.iterdir():  # every page can be checked
        assert pq.ParquetFile(file, page_checksum_verification=True).read().num_rows
    write_parts(spark_part(spark, part(7, tokens=True), 2), place)  # once more, over a folder
    check_equal(ExamplesDataset(filepath=str(place)).load(), part(7, tokens=True))
    assert [path.name for path in tmp_path.iterdir()] == ["train.parquet"]


def test_nothing_is_replaced_by_nothing_or_by_half(spark: Any, tmp_path: Path) -> None:
    place = tmp_path / "train.parquet"
    ExamplesDataset(filepath=str(place)).save(part(3))
    whole = spark_part(spark, part(6, tokens=True), 2)
    with pytest.raises(DataError, match="expected examples, found none"):
        write_parts(whole.where("row < 0"), place)
    with pytest.raises(ClusterError, match="writing .* failed"):
        write_parts(whole.selectExpr("x", "y", "raise_error('no') as row", "tokens"), place)
    check_equal(ExamplesDataset(filepath=str(place)).load(), part(3))
    assert [path.name for path in tmp_path.iterdir()] == ["train.parquet"]
