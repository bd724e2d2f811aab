"""What the recurrent network holds while it reads."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from sakon.pipelines.rnn.config import Config
from sakon.pipelines.rnn.model import build
from sakon.pipelines.rnn.nodes import draw_trajectory, hidden_states
from sakon.problem import Examples, InputSpec, Problem

PROBLEM = Problem(kind="image", target="y")


@pytest.mark.parametrize("cell", ["simple", "lstm", "gru"])
@pytest.mark.parametrize("bidirectional", [True, False])
def test_last_hidden_state_is_what_the_layer_passes_on(cell: str, bidirectional: bool) -> None:
    spec = InputSpec(kind="image", task="classification", shape=(6, 5, 1), classes=(0, 1, 2))
    model = build(spec, Config(cell=cell, units=(7, 4), bidirectional=bidirectional), PROBLEM)
    x = np.random.default_rng(0).random((9, 6, 5, 1)).astype(np.float32)
    states = hidden_states(model, x)
    passed = keras.Model(model.input, model.get_layer("recurrent_2").output)(x)
    assert states.shape == (9, 6, 4)
    np.testing.assert_allclose(states[:, -1], np.asarray(passed)[:, :4], atol=1e-5)


def test_an_image_is_read_row_by_row() -> None:
    spec = InputSpec(kind="image", task="classification", shape=(6, 5, 3), classes=(0, 1))
    model = build(spec, Config(units=(4,), bidirectional=False), PROBLEM)
    x = np.random.default_rng(0).random((1, 6, 5, 3)).astype(np.float32)
    changed = x.copy()
    changed[:, 3:] = 0
    np.testing.assert_allclose(hidden_states(model, x)[:, :3], hidden_states(model, changed)[:, :3], atol=1e-6)
    assert np.abs(hidden_states(model, x)[:, 3] - hidden_states(model, changed)[:, 3]).max() > 1e-4


@pytest.mark.parametrize("units", [(1,), (3, 2)])
def test_trajectory_is_drawn_for_every_group(units: tuple[int, ...]) -> None:
    spec = InputSpec(kind="tabular", task="regression", shape=(4,), features=tuple("abcd"))
    model = build(spec, Config(units=units, bidirectional=False), PROBLEM)
    rng = np.random.default_rng(0)
    given = Examples(rng.normal(size=(30, 4)).astype(np.float32), rng.normal(size=30).astype(np.float32), np.arange(30))
    figure = draw_trajectory(model, given, spec)
    thick = [trace for trace in figure.data if trace.name]
    assert len(thick) == 3
    assert all(len(trace.x) == 4 for trace in thick)


def test_dropout_is_at_work_while_training_alone() -> None:
    spec = InputSpec(kind="tabular", task="classification", shape=(5,), classes=(0, 1))
    model = build(spec, Config(units=(16,), dropout=0.5), PROBLEM)
    x = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
    assert not np.allclose(model(x, training=True), model(x, training=True))
    np.testing.assert_array_equal(model(x, training=False), model(x, training=False))
