"""Every row is in one partition, and errors name the files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sakon.datasets.examples import ExamplesDataset
from sakon.errors import DataError
from sakon.problem import Examples
from sakon.spark.partitions import ParquetFiles, Partition, read_partition
from sakon.spark.partitions_dataset import PartitionsDataset


def examples(rows: int, start: int = 0) -> Examples:
    row = np.arange(start, start + rows)
    return Examples(np.stack([row, row + 0.5], axis=1).astype(np.float32), row.astype(np.float32), row)


def write_folder(path: Path, *sizes: int) -> ParquetFiles:
    path.mkdir(exist_ok=True)
    starts = np.cumsum([0, *sizes])
    for number, size in enumerate(sizes):
        ExamplesDataset(filepath=str(path / f"part-{number:05d}.parquet")).save(examples(size, int(starts[number])))
    return PartitionsDataset(filepath=str(path)).load()


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(1, 12))
def test_every_row_is_in_one_partition_and_in_order(sizes: list[int], count: int) -> None:
    files = ParquetFiles(tuple(f"{number}" for number in range(len(sizes))), tuple(sizes))
    if count > sum(sizes):
        with pytest.raises(DataError, match=r"distributed\.partitions"):
            files.partition(count)
        return
    starts = dict(zip(files.paths, np.cumsum([0, *sizes]), strict=False))
    partitions = files.partition(count)
    rows = [starts[s.path] + row for each in partitions for s in each.ranges for row in range(s.start, s.stop)]
    assert rows == list(range(sum(sizes)))
    assert max(map(len, partitions)) - min(map(len, partitions)) <= 1


@settings(max_examples=20)
@given(data=st.data())
def test_partitions_are_read_in_order(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    sizes = data.draw(st.lists(st.integers(0, 7), min_size=1, max_size=4).filter(sum))
    files = write_folder(tmp_path_factory.mktemp("files"), *sizes)
    partitions = files.partition(data.draw(st.integers(1, sum(sizes))))
    loaded = [read_partition(each) for each in partitions]
    np.testing.assert_array_equal(np.concatenate([each.row for each in loaded]), np.arange(sum(sizes)))
    np.testing.assert_array_equal(np.concatenate([each.x for each in loaded]), examples(sum(sizes)).x)


def test_rows_of_a_file_with_several_row_groups(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    ExamplesDataset(filepath=str(path)).save(examples(100))
    table = pq.read_table(path)
    pq.write_table(table, path, row_group_size=7, write_page_checksum=True)
    loaded = [read_partition(each) for each in PartitionsDataset(filepath=str(path)).load().partition(3)]
    np.testing.assert_array_equal(np.concatenate([each.row for each in loaded]), np.arange(100))


def test_sample_has_the_same_share_of_every_file(tmp_path: Path) -> None:
    files = write_folder(tmp_path / "train", 100, 0, 50)
    np.testing.assert_array_equal(read_partition(files.sample(30)).row, [*range(20), *range(100, 110)])
    assert len(read_partition(files.sample(1000))) == 150


def test_all_files_with_errors_are_named(tmp_path: Path) -> None:
    write_folder(tmp_path / "train", 5, 5, 5, 5)
    (tmp_path / "train/part-00001.parquet").write_bytes(b"PAR1 broken")
    (tmp_path / "train/part-00002.parquet").write_bytes(b"")
    pq.write_table(pa.table({"x": [1.0], "row": [1]}), tmp_path / "train/part-00003.parquet")
    with pytest.raises(Exception, match="part-00001") as caught:
        PartitionsDataset(filepath=str(tmp_path / "train")).load()
    error = caught.value.__cause__ or caught.value
    assert isinstance(error, DataError)
    assert len(error.messages) == 3
    assert "part-00000.parquet" in error.messages[2]


def test_flipped_bit_is_detected(tmp_path: Path) -> None:
    files = write_folder(tmp_path / "train", 5000)
    path = Path(files.paths[0])
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"part-00000\.parquet: expected a complete Parquet file"):
        read_partition(files.head(5000))


def test_missing_file_is_named(tmp_path: Path) -> None:
    files = write_folder(tmp_path / "train", 5)
    Path(files.paths[0]).unlink()
    with pytest.raises(DataError, match="no such file"):
        read_partition(files.head(5))


def test_length_is_the_number_of_rows() -> None:
    assert len(Partition(0, ())) == 0
    assert ParquetFiles(("a",), (3,)).partition_by_file()[0].ranges[0].stop == 3
