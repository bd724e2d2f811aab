"""What conditional generators share, and the looks at what they draw."""

from __future__ import annotations

from itertools import pairwise

import keras
import numpy as np
import pytest

from sakon.families import generative
from sakon.families.conditional import (
    FIXED_SEED,
    ConditionalGenerator,
    halvings,
    moments_of,
    padding,
    settings_of,
    working_shape,
)
from sakon.figures.generative import feature_distributions
from sakon.problem import Examples, InputSpec, Problem

IMAGES = InputSpec(kind="image", task="classification", shape=(5, 7, 1), classes=("a", "b", "c"))
TABLE = InputSpec(
    kind="tabular", task="regression", shape=(3,), features=("x", "y", "z"), target_mean=10, target_scale=2
)
PROBLEM = Problem(kind="tabular", target="t", seed=1)


class Echo(ConditionalGenerator):
    """Draws noise moved by the first number of the condition."""

    def draw(self, condition, seed):  # type: ignore[no-untyped-def]
        import tensorflow as tf

        shape = (keras.ops.shape(condition)[0], *self.working)
        moved = keras.ops.reshape(condition[:, 0], (-1, *[1] * len(self.working)))
        return 0.1 * tf.random.stateless_normal(shape, seed) + moved


def echo(spec: InputSpec) -> Echo:
    return Echo(**settings_of(spec, epochs=50, seed=3, decay=0.9, name="echo"))


def part(spec: InputSpec, rows: int = 40, seed: int = 0) -> Examples:
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=rows).astype(np.int32) if spec.classes else rng.normal(size=rows).astype(np.float32)
    x = rng.random((rows, *spec.shape)).astype(np.float32)
    return Examples(x, y, np.arange(rows))


def test_large_images_are_worked_on_smaller() -> None:
    assert working_shape((28, 28, 1)) == (28, 28, 1)
    assert working_shape((64, 48, 3)) == (32, 24, 3)
    assert working_shape((10, 4)) == (40,)


@pytest.mark.parametrize("shape", [(5, 7, 1), (8, 8, 1), (28, 28, 1), (1, 9, 3), (31, 17, 3)])
def test_padded_images_can_be_halved(shape: tuple[int, ...]) -> None:
    times = halvings(shape)
    for side, around in zip(shape[:2], padding(shape, times), strict=True):
        assert (side + sum(around)) % 2**times == 0
        assert sum(around) < 2**times


@pytest.mark.parametrize("spec", [IMAGES, TABLE, IMAGES.model_copy(update={"shape": (40, 60, 3)})])
def test_working_space_and_back(spec: InputSpec) -> None:
    network, x = echo(spec), part(spec).x
    working = np.asarray(network.to_working(x))
    back = np.asarray(network.to_data(network.to_working(x)))
    assert back.shape == x.shape
    if len(spec.shape) == 3:
        assert working.min() >= -1 - 1e-5
        assert working.max() <= 1 + 1e-5
    if spec.shape[0] <= 32:
        np.testing.assert_allclose(back, x, atol=1e-6)


def test_targets_become_one_hot_or_themselves() -> None:
    np.testing.assert_array_equal(np.asarray(echo(IMAGES).encode(np.array([2, 0]))), [[0, 0, 1], [1, 0, 0]])
    np.testing.assert_array_equal(np.asarray(echo(TABLE).encode(np.array([0.5, -1.0]))), [[0.5, 1], [-1, 1]])


def test_sampling_follows_seed_and_targets_and_is_traced_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sakon.families.conditional.ROWS_AT_ONCE", 16)
    network, y = echo(TABLE), part(TABLE).y
    drawn = network.sample(y, seed=5)
    assert drawn.shape == (40, 3)
    assert drawn.dtype == np.float32
    np.testing.assert_array_equal(network.sample(y, seed=5), drawn)
    assert not np.array_equal(network.sample(y, seed=6), drawn)
    assert np.corrcoef(drawn[:, 0], y)[0, 1] > 0.9
    assert len({tuple(row) for row in drawn}) == 40  # batches have noise of their own
    assert network._sampler().experimental_get_tracing_count() == 1
    assert network.sample(y[:0], seed=5).shape == (0, 3)


def test_snapshots_are_taken_at_the_moments_alone() -> None:
    network, train = echo(IMAGES), part(IMAGES)
    network.prepare(train, steps=1)
    for epoch in range(1, 4):
        network.finish_epoch(epoch)
    epochs, targets, seen = network.progress()
    assert epochs == [epoch for epoch in moments_of(50) if epoch < 4]
    np.testing.assert_array_equal(targets, [0, 1, 2])
    expected = network.sample(np.arange(3), FIXED_SEED)
    np.testing.assert_allclose(seen[0], expected, atol=1e-6)


def test_moments_are_in_the_training() -> None:
    assert moments_of(1) == (1,)
    assert moments_of(100)[0] == 1
    assert moments_of(100)[-1] == 100


def test_energy_distance_is_the_plain_double_sum_and_zero_on_average() -> None:
    network = echo(TABLE)
    network.spread.assign([2.0, 3.0])
    rng = np.random.default_rng(0)
    real, drawn = rng.normal(size=(2, 6, 3)).astype(np.float32)
    condition = rng.normal(size=(6, 2)).astype(np.float32)
    a, b = (np.hstack([x / 2, condition / 3]) for x in (real, drawn))

    def mean(x: np.ndarray, y: np.ndarray) -> float:
        return float(np.mean([np.linalg.norm(x[i] - y[j]) for i in range(6) for j in range(6) if i != j]))

    expected = 2 * mean(a, b) - mean(a, a) - mean(b, b)
    assert float(network.energy_distance(real, drawn, condition)) == pytest.approx(expected, abs=1e-4)
    draws = [
        float(network.energy_distance(*rng.normal(size=(2, 12, 3)).astype(np.float32), np.zeros((12, 2), np.float32)))
        for _ in range(400)
    ]
    assert abs(np.mean(draws)) < 4 * np.std(draws) / np.sqrt(len(draws))


def test_the_average_follows_the_weights() -> None:
    learning = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="ones")])
    average = keras.models.clone_model(learning)
    average.set_weights([np.zeros((2, 1)), np.zeros(1)])
    network = echo(TABLE)
    network.follow(average, learning, step=10_000)
    np.testing.assert_allclose(average.get_weights()[0], 0.1, rtol=1e-5)
    network.follow(average, learning, step=0)  # at first the weights of before count little
    np.testing.assert_allclose(average.get_weights()[0], 1 - 0.9 * 0.1, rtol=1e-5)


@pytest.mark.parametrize("spec", [IMAGES, TABLE])
def test_measures_know_copies_from_fresh_examples(spec: InputSpec) -> None:
    train, validation = part(spec, 80), part(spec, 60, seed=1)
    copies = generative.measure(train, train, validation, spec, PROBLEM)
    fresh = generative.measure(part(spec, 80, seed=2), train, validation, spec, PROBLEM)
    assert copies["memorising_ratio"] == 0
    assert 0.8 < fresh["memorising_ratio"] < 1.25
    assert copies["kid"] == copies["kid_real"]


def test_rows_of_a_grid_are_classes_or_levels_of_the_target() -> None:
    rows, labels = generative.rows_of_targets(part(IMAGES).y, IMAGES)
    assert labels == ["a", "b", "c"]
    assert sum(len(row) for row in rows) == 40
    y = part(TABLE).y
    rows, labels = generative.rows_of_targets(y, TABLE)
    assert len(rows) == 10
    assert all(y[low].max() <= y[high].min() for low, high in pairwise(rows))
    assert float(labels[0]) == pytest.approx(10 + 2 * np.median(y[rows[0]]), rel=0.01)


def test_the_feature_that_differs_most_comes_first() -> None:
    rng = np.random.default_rng(0)
    real = rng.normal(size=(300, 3))
    synthetic = rng.normal(size=(300, 3)) + np.array([0, 2, 0])
    figure = feature_distributions("family", real, synthetic, ["a", "b", "c"])
    assert figure.layout.annotations[0].text.startswith("b (2")
    shares = [np.asarray(trace.y) for trace in figure.data if trace.type == "bar"]
    assert all(values.sum() == pytest.approx(1) for values in shares)
    maps = [np.asarray(trace.z) for trace in figure.data if trace.type == "heatmap"]
    np.testing.assert_allclose(maps[0], np.corrcoef(real, rowvar=False))
    np.testing.assert_allclose(maps[2], maps[0] - maps[1])
