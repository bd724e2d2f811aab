"""Examples that are decoded once per executor."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pyspark import SparkFiles
from spark.examples import digits, write

from sakon.spark.partitions_dataset import PartitionsDataset
from sakon.spark.row_cache import load_examples


@pytest.mark.parametrize("with_tokens", [False, True])
def test_examples_of_a_partition_are_mapped_from_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_tokens: bool
) -> None:
    monkeypatch.setattr(SparkFiles, "getRootDirectory", lambda: str(tmp_path / "executor"))
    train = digits()[0]
    train = replace(train, tokens=train.y[:, None]) if with_tokens else train
    write(train, tmp_path / "train.parquet")
    first, second = PartitionsDataset(filepath=str(tmp_path / "train.parquet")).load().partition(2)
    load_examples(first, "other data")
    examples = load_examples(second, "digest")
    for name in ("x", "y", "row"):
        np.testing.assert_array_equal(getattr(examples, name), getattr(train, name)[600:])
    assert (examples.tokens is None) is not with_tokens
    assert [path.name for path in (tmp_path / "executor/sakon-rows").iterdir()] == ["digest"]
    (tmp_path / "train.parquet").unlink()
    loaded_again = load_examples(second, "digest")
    np.testing.assert_array_equal(loaded_again.x, examples.x)
    assert isinstance(loaded_again.x, np.memmap)
