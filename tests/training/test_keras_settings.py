"""Keras' settings of the process never change results without a word."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keras
import pytest
from conftest import ROOT
from fabricate import BY_NAME
from kedro.framework.startup import bootstrap_project

from sakon.backends import backend
from sakon.session import FamilySession
from sakon.training.keras_settings import KerasSettings, pin_keras_settings, restore_keras_settings

PROGRAM = """
import json, sakon
from sakon.training.keras_settings import pin_keras_settings
import keras
sentence = pin_keras_settings()
print(json.dumps([keras.backend.backend(), keras.config.floatx(), keras.config.image_data_format(), sentence]))
"""


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = KerasSettings.current()
    yield
    restore_keras_settings()
    before.apply()


def test_without_other_settings_nothing_is_said() -> None:
    assert pin_keras_settings() == ""
    assert KerasSettings.current() == KerasSettings()


def test_settings_of_a_notebook_are_pinned_said_and_restored() -> None:
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("mixed_float16")
    keras.config.set_image_data_format("channels_first")
    keras.config.set_epsilon(1e-3)
    keras.config.set_max_epochs(1)
    keras.config.set_max_steps_per_epoch(2)
    backend().set_eager(True)
    changed = KerasSettings.current()
    sentence = pin_keras_settings()
    assert KerasSettings.current() == KerasSettings()
    assert keras.layers.Dense(1).compute_dtype == "float32"
    for text in ("floatx=float64", "dtype_policy=mixed_float16", "max_epochs=1", "image_data_format=channels_last"):
        assert text in sentence
    pin_keras_settings()
    restore_keras_settings()
    assert KerasSettings.current() == changed


def test_a_session_restores_the_settings_also_after_an_interrupt(
    project: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    BY_NAME["tabular_classification"].write(project)
    bootstrap_project(project)
    keras.config.set_floatx("float64")
    used = []

    def interrupt(*_: object, **__: object) -> None:
        used.append(keras.config.floatx())
        raise KeyboardInterrupt

    with FamilySession.create(project, env="test") as session:
        session.run(pipeline_names=["ingestion", "preprocessing"])
    monkeypatch.setattr("keras.Model.compile", interrupt)
    with FamilySession.create(project, env="test") as session, pytest.raises(KeyboardInterrupt):
        session.run(pipeline_names=["mlp"])
    assert used == ["float32"]
    assert keras.config.floatx() == "float64"
    assert "Keras' own settings floatx=float64 are not used" in caplog.text


def test_the_settings_file_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "keras.json").write_text(
        json.dumps({"backend": "torch", "floatx": "float64", "epsilon": 1e-3, "image_data_format": "channels_first"})
    )
    environment = os.environ | {"KERAS_HOME": str(tmp_path), "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    backend, floatx, data_format, sentence = json.loads(done.stdout.splitlines()[-1])
    assert (backend, floatx, data_format) == (keras.backend.backend(), "float32", "channels_last")
    assert "floatx=float64" in sentence
