"""Training that was stopped and goes on ends as if it had never stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from listeners import events_calling
from resuming import Trained, check_resumed_equals_undisturbed

from sakon.errors import DivergenceError
from sakon.models.predict import predict_outputs
from sakon.pipelines.mlp.config import Config
from sakon.pipelines.mlp.model import build
from sakon.problem import Examples, InputSpec, Problem
from sakon.training import callbacks
from sakon.training.checkpoints import Checkpoints
from sakon.training.events import TrainingEvents
from sakon.training.fit import fit, training_key

PROBLEM = Problem(kind="tabular", target="y", seed=3)
SPEC = InputSpec(kind="tabular", task="classification", shape=(4,), classes=(0, 1), fingerprint="f")
CONFIG = Config(units=(8,), epochs=8, batch_size=16, learning_rate=0.01, patience=8)


def part(seed: int, rows: int = 100) -> Examples:
    x = np.random.default_rng(seed).normal(size=(rows, 4)).astype(np.float32)
    return Examples(x=x, y=(x[:, 0] > 0).astype(np.int32), row=np.arange(rows))


def trained(folder: Path, events: TrainingEvents | None = None, config: Config = CONFIG) -> Trained:
    context = (SPEC, config, PROBLEM, Checkpoints(folder), events or TrainingEvents())
    model, history, _ = fit(build(SPEC, config, PROBLEM), part(0), part(1), *context)
    return model.get_weights(), history


@pytest.mark.parametrize("last", [1, 3, 7])
def test_resumed_equals_undisturbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: int) -> None:
    check_resumed_equals_undisturbed(trained, tmp_path, monkeypatch, last)


def test_networks_built_before_do_not_change_the_key() -> None:
    keys = {training_key(build(SPEC, CONFIG, PROBLEM), SPEC, CONFIG, PROBLEM) for _ in range(3)}
    assert len(keys) == 1
    other = CONFIG.model_copy(update={"units": (8, 8)})
    assert training_key(build(SPEC, other, PROBLEM), SPEC, CONFIG, PROBLEM) not in keys


def test_numbers_of_layers_do_not_change_the_key() -> None:
    def network(number: str) -> keras.Model:
        inputs = keras.Input((4,), name=f"input_layer{number}")
        hidden = keras.layers.Dense(3, kernel_initializer="zeros", name=f"dense{number}")(inputs)
        hidden = keras.layers.Activation("relu", name=f"activation{number}")(hidden)  # also the name of a setting
        return keras.Model(inputs, keras.layers.Add(name=f"add{number}")([hidden, hidden]), name="network")

    keys = {training_key(network(number), SPEC, CONFIG, PROBLEM) for number in ("", "_1", "_12")}
    assert len(keys) == 1


def test_truncated_checkpoint_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, _ = trained(tmp_path / "whole")
    monkeypatch.setattr(callbacks, "SECONDS_BETWEEN_CHECKPOINTS", 0)
    trained(tmp_path / "cut")
    newest = sorted((tmp_path / "cut").glob("epoch_*.npz"))[-1]
    newest.write_bytes(newest.read_bytes()[:100])
    resumed, _ = trained(tmp_path / "cut")
    for ours, theirs in zip(resumed, whole, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("weight", [np.nan, 1e12])
def test_divergence_error_names_the_epoch_and_the_remedy(tmp_path: Path, weight: float) -> None:
    spec = InputSpec(kind="tabular", task="regression", shape=(4,), fingerprint="f")
    train, validation = (replace(each, y=each.x[:, 0]) for each in (part(0), part(1)))
    model = build(spec, CONFIG.model_copy(update={"learning_rate": 1e-6}), PROBLEM)

    def spoil(epoch: int) -> None:
        if epoch == 2:
            outputs = model.get_layer("outputs")
            outputs.kernel.assign(np.full(outputs.kernel.shape, weight))

    with pytest.raises(DivergenceError, match=r"Family mlp: .* in epoch 3: .* lower mlp\.learning_rate"):
        fit(model, train, validation, spec, CONFIG, PROBLEM, Checkpoints(tmp_path), events_calling(spoil))


def test_model_has_the_weights_of_the_best_epoch(tmp_path: Path) -> None:
    model, history, summary = fit(
        build(SPEC, CONFIG, PROBLEM),
        part(0),
        part(1),
        SPEC,
        CONFIG,
        PROBLEM,
        Checkpoints(tmp_path),
        TrainingEvents(),
    )
    assert summary.best_epoch == history.set_index("epoch")["val_loss"].idxmin()
    probabilities = predict_outputs(model, part(1).x)[np.arange(100), part(1).y]
    assert -np.log(probabilities).mean() == pytest.approx(summary.best["val_loss"], rel=1e-5)
