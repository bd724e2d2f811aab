"""How a network that reads sequences reads vectors, images and series."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sakon.datasets import ModelDataset
from sakon.layers.adapters import MAX_VECTOR_STEPS, as_sequence, features_per_step
from sakon.pipelines.cnn.config import Config as CnnConfig
from sakon.pipelines.cnn.model import build as build_cnn
from sakon.pipelines.rnn.config import Config as RnnConfig
from sakon.pipelines.rnn.model import build as build_rnn
from sakon.problem import InputSpec, Problem

PROBLEM = Problem(kind="tabular", target="y", seed=1)


@given(st.integers(1, 100_000))
@settings(max_examples=30)
def test_a_vector_of_any_width_has_at_most_sixteen_steps(width: int) -> None:
    _, steps, group = as_sequence(keras.Input((width,))).shape
    assert group == features_per_step(width)
    assert steps <= MAX_VECTOR_STEPS
    assert 0 <= steps * group - width < group
    if width <= MAX_VECTOR_STEPS:
        assert (steps, group) == (width, 1)


@pytest.mark.parametrize("width", [1, 15, 16, 17, 32, 33, 61, 1000])
def test_steps_are_neighbouring_features_in_order_and_the_padding_is_zero(width: int) -> None:
    inputs = keras.Input((width,))
    x = np.random.default_rng(0).normal(size=(3, width)).astype(np.float32)
    sequence = np.asarray(keras.Model(inputs, as_sequence(inputs))(x))
    group = features_per_step(width)
    np.testing.assert_array_equal(sequence[:, 0], x[:, :group])
    values = sequence.reshape(3, -1)
    np.testing.assert_array_equal(values[:, :width], x)
    np.testing.assert_array_equal(values[:, width:], 0)


@pytest.mark.parametrize(("shape", "expected"), [((6, 5, 3), (6, 15)), ((40, 28, 1), (40, 28)), ((70, 2), (70, 2))])
def test_an_image_is_read_row_by_row_and_a_series_step_by_step(
    shape: tuple[int, ...], expected: tuple[int, int]
) -> None:
    assert as_sequence(keras.Input(shape)).shape[1:] == expected


@pytest.mark.parametrize("family", ["rnn", "cnn"])
def test_a_model_of_a_wide_table_reads_every_feature_and_survives_save_and_load(family: str, tmp_path: Path) -> None:
    spec = InputSpec(kind="tabular", task="regression", shape=(61,), features=tuple(f"c{i}" for i in range(61)))
    if family == "rnn":
        model = build_rnn(spec, RnnConfig(units=(8,)), PROBLEM)
    else:
        model = build_cnn(spec, CnnConfig(filters=(8,)), PROBLEM)
    x = np.zeros((62, 61), np.float32)
    x[np.arange(61), np.arange(61)] = 3  # each of the first 61 rows differs from the last in one feature
    outputs = np.asarray(model(x, training=False))
    assert (outputs[:61] != outputs[61]).all()
    dataset = ModelDataset(filepath=str(tmp_path / "model"))
    dataset.save(model)
    np.testing.assert_allclose(np.asarray(dataset.load()(x)), outputs, atol=1e-6)
