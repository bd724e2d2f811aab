"""Damaged files of every format that is written: one sentence with the path and what to do, or the same content."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from kedro.io import DatasetError
from sklearn.linear_model import LogisticRegression

from sakon import datasets
from sakon.errors import chain_of, sentences_of
from sakon.problem import Examples, Failure

TABLE = pd.DataFrame({"a": np.arange(50), "b": np.linspace(0, 1, 50)})
EXAMPLES = Examples(np.ones((9, 3), np.float32), np.arange(9, dtype=np.int32), np.arange(9))


def fitted() -> LogisticRegression:
    return LogisticRegression().fit(np.arange(8.0).reshape(-1, 1), [0, 1] * 4)


def network() -> Any:
    import keras

    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])


FORMATS: dict[str, tuple[Callable[[str], Any], Callable[[], Any]]] = {
    "t.parquet": (lambda path: datasets.ParquetDataset(filepath=path), lambda: TABLE),
    "e.parquet": (lambda path: datasets.ExamplesDataset(filepath=path), lambda: EXAMPLES),
    "j.json": (lambda path: datasets.JSONDataset(filepath=path), lambda: {"a": [1, 2]}),
    "f.json": (lambda path: datasets.PlotlyDataset(filepath=path), lambda: go.Figure(go.Bar(y=[1]))),
    "t.json": (
        lambda path: datasets.TypedJSONDataset(filepath=path, model="sakon.problem.Failure"),
        lambda: Failure(reason="r"),
    ),
    "s.skops": (lambda path: datasets.SkopsDataset(filepath=path), fitted),
    "m.skops": (lambda path: datasets.ModelDataset(filepath=path), fitted),
    "m.keras": (lambda path: datasets.ModelDataset(filepath=path), network),
}


@pytest.fixture(params=FORMATS)
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Callable[[], Any], Path]:
    """Return how to open a dataset anew, and its file."""
    make, content = FORMATS[request.param]
    path = tmp_path / request.param
    make(str(path)).save(content())
    return lambda: make(str(path)), path


def check_sentence(error: DatasetError, path: Path) -> None:
    (sentence,) = sentences_of(error)
    assert str(path.parent) in sentence
    assert "\n" not in sentence
    assert ": restore it, or rerun" in sentence or ": train the family again" in sentence
    assert "Dataset(" not in sentence


@pytest.mark.parametrize("share", [0.0, 0.5, 0.95])
def test_a_truncated_file_is_one_sentence(stored: tuple[Callable[[], Any], Path], share: float) -> None:
    opened, path = stored
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DatasetError) as caught:
        opened().load()
    check_sentence(caught.value, path)


def test_flipped_bits_are_one_sentence(stored: tuple[Callable[[], Any], Path]) -> None:
    """A text has no checksum: it may still be whole."""
    opened, path = stored
    content, rng, errors = path.read_bytes(), random.Random(0), 0
    for _ in range(12):
        damaged = bytearray(content)
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        try:
            opened().load()
        except DatasetError as error:
            errors += 1
            if any(isinstance(each, datasets.base.DataError) for each in chain_of(error)):
                check_sentence(error, path)
    assert errors or path.suffix == ".json"


def test_a_truncated_table_of_text_is_one_sentence(tmp_path: Path) -> None:
    dataset = datasets.CSVDataset(filepath=str(tmp_path / "t.csv"))
    (tmp_path / "t.csv").write_bytes(b"")
    with pytest.raises(DatasetError) as caught:
        dataset.load()
    check_sentence(caught.value, tmp_path / "t.csv")


def test_the_sentence_of_a_typed_file_names_the_field(tmp_path: Path) -> None:
    dataset = datasets.TypedJSONDataset(filepath=str(tmp_path / "t.json"), model="sakon.problem.Failure")
    (tmp_path / "t.json").write_text('{"reason": 3, "other": 1}')
    with pytest.raises(DatasetError) as caught:
        dataset.load()
    assert "expected a complete Failure as JSON, found otherwise ('reason' = 3, and 1 more)" in str(caught.value)
