"""The layers, schedules and loss of the mlp, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fabricate import BY_NAME
from family_training import prepare
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sakon.lazy import keras
from sakon.pipelines.mlp.config import Config
from sakon.pipelines.mlp.model import build
from sakon.pipelines.mlp.schedules import rate_factor, regularization_factor
from sakon.problem import Examples, InputSpec, Problem

SMALL = Config(units=(16,), epochs=4)


def to_numpy(tensor: Any) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def built(layer: Any, x: np.ndarray) -> Any:
    layer.build((None, *x.shape[1:]))
    return layer


def network_for(name: str, config: Config = SMALL, **problem: Any) -> tuple[Any, Examples]:
    case = BY_NAME[name]
    train, _, input_spec = prepare(case)
    model = build(input_spec, config, case.problem.model_copy(update=problem))
    model.prepare(train, 3)
    return model, train


def test_features_are_scaled_by_median_and_interquartile_range() -> None:
    from sakon.pipelines.mlp.layers import RobustScaling

    x = np.array([[1, 0, 7], [2, 0, 7], [3, 0, 7], [4, 0, 7], [5, 8, 7]], np.float32)
    layer = built(RobustScaling(), x)
    layer.adapt(x)
    scaled = np.column_stack([(x[:, 0] - 3) / 2, x[:, 1] * 2 / 8, np.zeros(5)])
    np.testing.assert_allclose(to_numpy(layer(x)), scaled / np.sqrt(1 + (scaled / 3) ** 2), rtol=1e-6)


@given(arrays(np.float32, (7, 2), elements=st.floats(-1e6, 1e6, width=32)))
def test_scaled_features_keep_their_order_within_bounds(x: np.ndarray) -> None:
    from sakon.pipelines.mlp.layers import RobustScaling

    layer = built(RobustScaling(), x)
    layer.adapt(x)
    scaled = to_numpy(layer(x))
    assert (np.abs(scaled) <= 3 + 1e-5).all()
    for column, values in zip(x.T, scaled.T, strict=True):
        assert (np.diff(values[np.argsort(column, kind="stable")]) >= -1e-5).all()


def test_embedding_is_the_feature_and_a_linear_function_of_cosines() -> None:
    from sakon.pipelines.mlp.layers import SLOW_RATE, PeriodicEmbedding

    x = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    layer = built(PeriodicEmbedding(width=4, seed=1), x)
    frequency, phase, kernel, bias = (
        SLOW_RATE * to_numpy(weight) for weight in (layer.frequency, layer.phase, layer.kernel, layer.bias)
    )
    cosines = np.cos(2 * np.pi * frequency * x[:, :, None] + phase)
    values = np.einsum("bfc,fcw->bfw", cosines, kernel) + bias
    expected = np.concatenate([x[:, :, None], values], axis=2).reshape(5, -1)
    np.testing.assert_allclose(to_numpy(layer(x)), expected, atol=1e-5)
    assert (np.abs(phase) <= np.pi).all()
    assert (np.abs(kernel) <= 0.25).all()


def test_dense_outputs_have_variance_one_and_their_zeros_among_the_data() -> None:
    from sakon.pipelines.mlp.layers import ScaledDense

    x = (5 + 3 * np.random.default_rng(0).normal(size=(500, 8))).astype(np.float32)
    layer = built(ScaledDense(32, seed=3), x)
    layer.adapt(x)
    outputs = to_numpy(layer(x))
    np.testing.assert_allclose(outputs.std(axis=0), 1, rtol=1e-3)
    assert ((outputs > 0).any(axis=0) & (outputs < 0).any(axis=0)).all()


def test_activation_is_selu_at_first() -> None:
    from sakon.pipelines.mlp.layers import ParametricActivation

    x = np.linspace(-3, 3, 14, dtype=np.float32).reshape(7, 2)
    layer = built(ParametricActivation("selu"), x)
    np.testing.assert_allclose(to_numpy(layer(x)), to_numpy(keras.activations.selu(x)), atol=1e-6)
    layer.alpha.assign(np.zeros(2))
    np.testing.assert_allclose(to_numpy(layer(x)), x, atol=1e-6)


def test_dropout_drops_its_share_in_training_only() -> None:
    from sakon.pipelines.mlp.layers import ScheduledDropout

    x = np.ones((200, 100), np.float32)
    layer = built(ScheduledDropout(seed=1), x)
    layer.rate.assign(0.3)
    dropped = to_numpy(layer(x, training=True))
    assert (dropped == 0).mean() == pytest.approx(0.3, abs=0.02)
    np.testing.assert_allclose(dropped[dropped > 0], 1 / 0.7, rtol=1e-6)
    np.testing.assert_array_equal(to_numpy(layer(x, training=False)), x)


def test_the_rate_has_four_cycles_and_ends_at_zero() -> None:
    zeros = np.array([0, 1, 3, 7, 15], np.float32) / 15
    np.testing.assert_allclose(to_numpy(rate_factor(zeros)), 0, atol=1e-5)
    peaks = (2.0 ** (np.arange(4) + 0.5) - 1).astype(np.float32) / 15
    np.testing.assert_allclose(to_numpy(rate_factor(peaks)), 1, atol=1e-5)


def test_regularization_is_whole_in_the_first_half_and_ends_at_zero() -> None:
    progress = np.array([0, 0.25, 0.5, 0.75, 1], np.float32)
    np.testing.assert_allclose(to_numpy(regularization_factor(progress)), [1, 1, 1, 0.5, 0], atol=1e-6)


def test_steps_follow_the_schedules() -> None:
    model, train = network_for("tabular_regression")
    batch = (train.x[:32], train.y[:32])
    for step in range(1, 7):
        model.training_step(batch)
        expected = 0.2 * float(to_numpy(rate_factor(np.float32((step - 1) / 12))))
        assert float(to_numpy(model.optimizer.learning_rate)) == pytest.approx(expected, rel=1e-4, abs=1e-7)
    assert float(to_numpy(model.get_layer("dropout_1").rate)) == pytest.approx(0.15)


def test_smoothed_loss_is_that_of_a_mixture_with_all_classes() -> None:
    model, train = network_for("tabular_classification", metric="accuracy")
    y, weight = train.y[:8], np.linspace(0.5, 2, 8).astype(np.float32)
    probabilities = to_numpy(model(train.x[:8]))
    targets = 0.9 * np.eye(probabilities.shape[1])[y] + 0.1 / probabilities.shape[1]
    smoothed = to_numpy(model.compute_loss(train.x[:8], y, probabilities, weight, training=True))
    assert smoothed == pytest.approx((weight * -(targets * np.log(probabilities)).sum(axis=1)).mean(), rel=1e-5)
    plain = to_numpy(model.compute_loss(train.x[:8], y, probabilities, weight, training=False))
    assert plain == pytest.approx((weight * -np.log(probabilities[np.arange(8), y])).mean(), rel=1e-5)


def test_numbers_are_predicted_within_the_range_of_train() -> None:
    model, train = network_for("tabular_regression")
    extreme = 100 * train.x
    predictions = to_numpy(model(extreme, training=False))
    assert predictions.min() >= train.y.min() - 1e-6
    assert predictions.max() <= train.y.max() + 1e-6


def test_texts_have_batch_normalisation_and_a_constant_rate() -> None:
    case = BY_NAME["text_classification"]
    model = build(prepare(case)[2], SMALL, case.problem)
    assert "normalisation_1" in [layer.name for layer in model.layers]
    assert float(to_numpy(model.optimizer.learning_rate)) == pytest.approx(0.001)


def test_many_features_and_other_inputs_have_no_embedding() -> None:
    def layers_of(shape: tuple[int, ...], config: Config = SMALL) -> list[str]:
        spec = InputSpec(kind="tabular", task="regression", shape=shape)
        return [layer.name for layer in build(spec, config, Problem(kind="tabular", target="y")).layers]

    assert "embedding" in layers_of((5,))
    for other in (layers_of((2000,)), layers_of((8, 8, 1)), layers_of((5,), Config(embedding=1))):
        assert "embedding" not in other


def test_patience_grows_with_the_best_epoch() -> None:
    model, _ = network_for("tabular_regression")
    assert [model.patience(40, best) for best in (0, 25)] == [40, 90]
