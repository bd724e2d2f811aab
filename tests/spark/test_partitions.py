"""Every row is in one partition, and files that are not whole are named."""

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
from sakon.spark.partitions import Files, Partition, PartitionsDataset, read


def some(rows: int, start: int = 0) -> Examples:
    row = np.arange(start, start + rows)
    return Examples(np.stack([row, row + 0.5], axis=1).astype(np.float32), row.astype(np.float32), row)


def folder_of(path: Path, *sizes: int) -> Files:
    path.mkdir(exist_ok=True)
    starts = np.cumsum([0, *sizes])
    for number, size in enumerate(sizes):
        ExamplesDataset(filepath=str(path / f"part-{number:05d}.parquet")).save(some(size, int(starts[number])))
    return PartitionsDataset(filepath=str(path)).load()


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(1, 12))
def test_every_row_is_dealt_once_and_in_order(sizes: list[int], count: int) -> None:
    files = Files(tuple(f"{number}" for number in range(len(sizes))), tuple(sizes))
    if count > sum(sizes):
        with pytest.raises(DataError, match=r"distributed\.partitions: expected at most"):
            files.dealt(count)
        return
    starts = dict(zip(files.paths, np.cumsum([0, *sizes]), strict=False))
    partitions = files.dealt(count)
    rows = [starts[s.path] + row for each in partitions for s in each.slices for row in range(s.start, s.stop)]
    assert rows == list(range(sum(sizes)))
    assert max(map(len, partitions)) - min(map(len, partitions)) <= 1


@settings(max_examples=20)
@given(data=st.data())
def test_rows_are_read_as_they_were_dealt(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    sizes = data.draw(st.lists(st.integers(0, 7), min_size=1, max_size=4).filter(sum))
    files = folder_of(tmp_path_factory.mktemp("files"), *sizes)
    partitions = files.dealt(data.draw(st.integers(1, sum(sizes))))
    parts = [read(each) for each in partitions]
    np.testing.assert_array_equal(np.concatenate([part.row for part in parts]), np.arange(sum(sizes)))
    np.testing.assert_array_equal(np.concatenate([part.x for part in parts]), some(sum(sizes)).x)


def test_rows_of_a_file_with_several_row_groups(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    ExamplesDataset(filepath=str(path)).save(some(100))
    table = pq.read_table(path)
    pq.write_table(table, path, row_group_size=7, write_page_checksum=True)
    parts = [read(each) for each in PartitionsDataset(filepath=str(path)).load().dealt(3)]
    np.testing.assert_array_equal(np.concatenate([part.row for part in parts]), np.arange(100))


def test_a_sample_is_spread_over_the_files(tmp_path: Path) -> None:
    files = folder_of(tmp_path / "train", 100, 0, 50)
    np.testing.assert_array_equal(read(files.spread(30)).row, [*range(20), *range(100, 110)])
    assert len(read(files.spread(1000))) == 150


def test_all_files_at_fault_are_named_at_once(tmp_path: Path) -> None:
    folder_of(tmp_path / "train", 5, 5, 5, 5)
    (tmp_path / "train/part-00001.parquet").write_bytes(b"PAR1 broken")
    (tmp_path / "train/part-00002.parquet").write_bytes(b"")
    pq.write_table(pa.table({"x": [1.0], "row": [1]}), tmp_path / "train/part-00003.parquet")
    with pytest.raises(Exception, match="part-00001") as caught:
        PartitionsDataset(filepath=str(tmp_path / "train")).load()
    fault = caught.value.__cause__ or caught.value
    assert isinstance(fault, DataError)
    assert len(fault.messages) == 3
    assert "expected the columns of part-00000.parquet" in fault.messages[2]


def test_a_flipped_bit_is_found(tmp_path: Path) -> None:
    files = folder_of(tmp_path / "train", 5000)
    path = Path(files.paths[0])
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="expected a whole Parquet file"):
        read(files.head(5000))


def test_a_file_that_has_gone_is_named(tmp_path: Path) -> None:
    files = folder_of(tmp_path / "train", 5)
    Path(files.paths[0]).unlink()
    with pytest.raises(DataError, match="no such file"):
        read(files.head(5))


def test_partitions_are_known_by_their_rows() -> None:
    assert len(Partition(0, ())) == 0
    assert Files(("a",), (3,)).as_they_lie()[0].slices[0].stop == 3
