"""The choice of the backend."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest
from conftest import ROOT

from sakon import BACKEND_VARIABLE, BACKENDS, is_installed
from sakon.backends.selection import select_backend
from sakon.errors import ParameterError

PROGRAM = "import sakon, os, json; print(json.dumps(os.environ['KERAS_BACKEND']))"


def chosen(**environment: str) -> str:
    """Return the backend that a new process chooses."""
    others = {name: value for name, value in os.environ.items() if name != BACKEND_VARIABLE}
    command = [sys.executable, "-c", PROGRAM]
    environment = others | {"PYTHONPATH": str(ROOT / "src")} | environment
    return str(json.loads(subprocess.run(command, env=environment, capture_output=True, check=True).stdout))


def test_the_first_installed_backend_is_the_default_whatever_the_file_in_the_home_folder_says(tmp_path: Path) -> None:
    (tmp_path / "keras.json").write_text(json.dumps({"backend": "torch"}))
    assert chosen(KERAS_HOME=str(tmp_path)) == next(filter(is_installed, BACKENDS))


def test_the_variable_chooses() -> None:
    assert chosen(KERAS_BACKEND="jax") == "jax"


def test_the_present_backend_is_accepted() -> None:
    assert select_backend() == keras.backend.backend()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("jaxx", r"^KERAS_BACKEND: expected one of tensorflow, jax, torch, found 'jaxx'; did you mean 'jax'\?$"),
        ("torch", r"^KERAS_BACKEND=torch: expected .* found no module torch; run pip install -e '\.\[torch\]'\.$"),
    ],
)
def test_an_unknown_or_missing_backend_is_one_sentence(
    name: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(BACKEND_VARIABLE, name)
    monkeypatch.setattr("sakon.is_installed", lambda _: False)
    with pytest.raises(ParameterError, match=message):
        select_backend()


@pytest.mark.parametrize(("requested", "expected"), [(False, "jax"), (True, "torch")])
def test_the_variable_wins_over_the_configuration(
    requested: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sakon.BACKEND_IS_REQUESTED", requested)
    monkeypatch.setenv(BACKEND_VARIABLE, "torch")
    monkeypatch.setattr("sakon.is_installed", lambda _: True)
    monkeypatch.setattr(keras.backend, "backend", lambda: expected)
    assert select_backend("jax") == os.environ[BACKEND_VARIABLE] == expected


def test_a_keras_of_another_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "another")
    with pytest.raises(ParameterError, match=r"imported it with another; start a new process, and import sakon before"):
        select_backend()
