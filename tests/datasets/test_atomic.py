"""Atomic writes; corrupted files and untrusted types raise."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
from kedro.io import DatasetError

from sakon.atomic import FOREIGN_DAYS, _machine, atomic_write, remove_leftovers
from sakon.datasets import ArraysDataset, CSVDataset, ExamplesDataset, JSONDataset, ParquetDataset, SkopsDataset
from sakon.problem import Examples


def test_a_failed_save_keeps_the_old_file(tmp_path: Path) -> None:
    dataset = JSONDataset(filepath=str(tmp_path / "a.json"))
    dataset.save({"a": 1})
    with pytest.raises(DatasetError):
        dataset.save({"a": object()})
    assert dataset.load() == {"a": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_an_interrupted_write_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), atomic_write(tmp_path / "new.bin") as temporary:
        temporary.write_bytes(b"half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def ended_process() -> int:
    """Return the number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_leftovers_of_dead_processes_only_are_removed(tmp_path: Path) -> None:
    killed, alive, hour = ended_process(), os.getppid(), 3600
    now, start = time.time(), psutil.Process(alive).create_time()
    removed = {
        f".{killed}.partial.a.json": now,
        f".{killed}-{_machine()}.partial.b.json": now,
        f".{alive}-{_machine()}.partial.reused.json": start - hour,
        f".{alive}-00000000.partial.forgotten.json": now - (FOREIGN_DAYS + 1) * 24 * hour,
    }
    stays = {
        f".{alive}-{_machine()}.partial.c.json": now,
        f".{os.getpid()}-{_machine()}.partial.d.json": now,
        f".{killed}-00000000.partial.other_machine.json": now,
        ".hidden": start - hour,
        "a.json": start - hour,
    }
    for name, written in (removed | stays).items():
        (tmp_path / name).write_text(name)
        os.utime(tmp_path / name, (written, written))
    remove_leftovers([tmp_path, tmp_path / "missing"])
    assert {path.name for path in tmp_path.iterdir()} == set(stays)


def test_a_folder_that_was_being_replaced_is_restored(tmp_path: Path) -> None:
    killed = ended_process()
    for name in (f".{killed}.old.a", f".{killed}.partial.a", f".{killed}.old.b", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part").write_text(name)
    remove_leftovers([tmp_path])
    assert {path.name: (path / "part").read_text() for path in tmp_path.iterdir()} == {
        "a": f".{killed}.old.a",
        "b": "b",
    }


def test_optional_files_may_be_missing(tmp_path: Path) -> None:
    assert JSONDataset(filepath=str(tmp_path / "no.json"), optional=True).load() is None
    assert SkopsDataset(filepath=str(tmp_path / "no.skops"), optional=True).load() is None
    with pytest.raises(DatasetError):
        CSVDataset(filepath=str(tmp_path / "no.csv")).load()


def test_a_flipped_bit_in_parquet_raises(tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    dataset = ParquetDataset(filepath=str(file))
    dataset.save(pd.DataFrame({"a": np.random.default_rng(0).normal(size=5000)}))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(DatasetError):
        dataset.load()


@pytest.mark.parametrize("shape", [(3,), (4, 5), (6, 6, 2)])
def test_examples_keep_shape_and_type(tmp_path: Path, shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(size=(7, *shape)).astype(np.float32)
    dataset = ExamplesDataset(filepath=str(tmp_path / "p.parquet"))
    dataset.save(Examples(x=x, y=np.arange(7, dtype=np.int32), row=np.arange(7)))
    loaded = dataset.load()
    np.testing.assert_array_equal(loaded.x, x)
    assert (loaded.x.dtype, loaded.y.dtype) == (np.float32, np.int32)


def test_arrays_are_read_from_a_folder_and_pickles_raise(tmp_path: Path) -> None:
    folder = tmp_path / "arrays"
    folder.mkdir()
    np.save(folder / "images.npy", np.zeros((2, 3, 3)))
    assert ArraysDataset(filepath=str(folder)).load()["images"].shape == (2, 3, 3)
    np.savez(tmp_path / "objects.npz", a=np.array([{"x": 1}], dtype=object))
    with pytest.raises(DatasetError, match="plain arrays"):
        ArraysDataset(filepath=str(tmp_path / "objects.npz")).load()


class Untrusted:
    """A type that is not on the list of trusted types."""


def test_untrusted_types_raise(tmp_path: Path) -> None:
    dataset = SkopsDataset(filepath=str(tmp_path / "s.skops"))
    dataset.save(Untrusted())
    with pytest.raises(DatasetError, match="expected only types that Sakon trusts"):
        dataset.load()
    (tmp_path / "p.skops").write_bytes(pickle.dumps(1))
    with pytest.raises(DatasetError):
        SkopsDataset(filepath=str(tmp_path / "p.skops")).load()
