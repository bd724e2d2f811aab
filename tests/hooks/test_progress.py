"""Several trainings have a bar each; outside a terminal, one line at the end of each."""

from __future__ import annotations

import sys

import pytest

from sakon.hooks.progress import ProgressBars
from sakon.training.events import TrainingId

MLP, CNN = TrainingId("mlp"), TrainingId("cnn")


@pytest.fixture(autouse=True)
def _console(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


def train_two(bars: ProgressBars) -> None:
    bars.on_train_begin(MLP, total=5, done=0, unit="epochs")
    bars.on_train_begin(CNN, total=20, done=0, unit="epochs")
    for epoch in (1, 2, 3):
        bars.on_epoch_end(CNN, epoch, {"val_loss": 0.25})
        bars.on_epoch_end(MLP, epoch, {"loss": 0.5, "val_accuracy": 0.75, "val_loss": 1.5})
    bars.on_train_end(MLP, 3)


def test_each_training_has_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    bars = ProgressBars()
    train_two(bars)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("mlp ")
    assert "3/3 epochs" in line
    assert "val_loss 1.5  val_accuracy 0.75" in line
    bars.on_train_end(CNN, 3)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("cnn ")


def test_a_terminal_shows_the_bars_of_trainings_that_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TTY_INTERACTIVE", "1")
    bars, stream = ProgressBars(), sys.stderr
    train_two(bars)
    assert bars._progress is not None
    assert [task.description for task in bars._progress.tasks] == ["cnn"]
    bars.on_train_end(CNN, 3)
    assert bars._progress is None
    assert sys.stderr is stream
    printed = capsys.readouterr().err
    assert "0/5" not in printed[printed.index("3/3") :]
