"""Rows that are decoded once per executor."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pyspark import SparkFiles
from spark.examples import digits, write

from sakon.spark.decoded import rows_of
from sakon.spark.partitions import PartitionsDataset


@pytest.mark.parametrize("with_tokens", [False, True])
def test_rows_are_those_of_the_partition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_tokens: bool) -> None:
    monkeypatch.setattr(SparkFiles, "getRootDirectory", lambda: str(tmp_path / "executor"))
    part = digits()[0]
    part = replace(part, tokens=part.y[:, None]) if with_tokens else part
    write(part, tmp_path / "train.parquet")
    first, second = PartitionsDataset(filepath=str(tmp_path / "train.parquet")).load().dealt(2)
    rows_of(first, "an earlier training")
    found = rows_of(second, "a training")
    for name in ("x", "y", "row"):
        np.testing.assert_array_equal(getattr(found, name), getattr(part, name)[600:])
    assert (found.tokens is None) is not with_tokens
    assert [each.name for each in (tmp_path / "executor/sakon-rows").iterdir()] == ["a training"]
    (tmp_path / "train.parquet").unlink()
    again = rows_of(second, "a training")
    np.testing.assert_array_equal(again.x, found.x)
    assert isinstance(again.x, np.memmap)
