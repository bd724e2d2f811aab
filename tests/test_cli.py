"""Options of `kedro run` that the project reads itself, and how a command ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sakon.cli import is_block
from sakon.run_options import parse_parameters


def parameters(text: str) -> Any:
    return parse_parameters(text, is_block)


def test_commas_in_a_path_separate_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "a, b" / "c=d,e"
    folder.mkdir(parents=True)
    (folder / "new.csv").touch()
    text = f"scoring.data={folder}/new.csv,scoring.bins=5"
    assert parameters(text) == {"scoring": {"data": f"{folder}/new.csv", "bins": 5}}


@pytest.mark.parametrize("path", ["absent/a,b.csv", "it's: {x}.csv", "a [1].csv", "100%.csv"])
def test_a_path_is_read_as_it_is(path: str) -> None:
    assert parameters(f"evaluation.level=0.9,scoring.data={path}") == {
        "evaluation": {"level": 0.9},
        "scoring": {"data": path},
    }


def test_other_parameters_are_read_as_before() -> None:
    assert parameters("mlp.epochs=3, mlp.units=null,scoring.data=null") == {
        "mlp": {"epochs": 3, "units": None},
        "scoring": {"data": None},
    }
