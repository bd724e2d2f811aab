"""The base class of conditional generators, and the metrics and figures of samples."""

from __future__ import annotations

from itertools import pairwise

import keras
import numpy as np
import pytest

from sakon.families import generative
from sakon.families.conditional import FIXED_SEED, ConditionalGenerator
from sakon.families.generator_shapes import (
    count_halvings,
    generator_arguments,
    halving_padding,
    snapshot_epochs,
    working_shape,
)
from sakon.figures.generative import feature_distributions
from sakon.problem import Examples, InputSpec, Problem

IMAGES = InputSpec(kind="image", task="classification", shape=(5, 7, 1), classes=("a", "b", "c"))
TABLE = InputSpec(
    kind="tabular", task="regression", shape=(3,), features=("x", "y", "z"), target_mean=10, target_scale=2
)
PROBLEM = Problem(kind="tabular", target="t", seed=1)


class ShiftedNoise(ConditionalGenerator):
    """Generates noise around the first value of the condition."""

    @property
    def noise_shape(self) -> tuple[int, ...]:
        return self.working_shape

    def generate(self, y: np.ndarray, noise: np.ndarray) -> np.ndarray:
        first = keras.ops.convert_to_numpy(self.encode_targets(y))[:, 0].reshape(-1, *[1] * len(self.working_shape))
        return np.asarray(keras.ops.convert_to_numpy(self.to_data_space(0.1 * noise + first)))


def build_network(spec: InputSpec) -> ShiftedNoise:
    return ShiftedNoise(**generator_arguments(spec, epochs=50, seed=3, decay=0.9, name="shifted_noise"))


def make_examples(spec: InputSpec, rows: int = 40, seed: int = 0) -> Examples:
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=rows).astype(np.int32) if spec.classes else rng.normal(size=rows).astype(np.float32)
    x = rng.random((rows, *spec.shape)).astype(np.float32)
    return Examples(x, y, np.arange(rows))


def test_large_images_are_resized_and_other_shapes_flattened() -> None:
    assert working_shape((28, 28, 1)) == (28, 28, 1)
    assert working_shape((64, 48, 3)) == (32, 24, 3)
    assert working_shape((10, 4)) == (40,)


@pytest.mark.parametrize("shape", [(5, 7, 1), (8, 8, 1), (28, 28, 1), (1, 9, 3), (31, 17, 3)])
def test_padded_images_can_be_halved(shape: tuple[int, ...]) -> None:
    halvings = count_halvings(shape)
    for side, added in zip(shape[:2], halving_padding(shape, halvings), strict=True):
        assert (side + sum(added)) % 2**halvings == 0
        assert sum(added) < 2**halvings


@pytest.mark.parametrize("spec", [IMAGES, TABLE, IMAGES.model_copy(update={"shape": (40, 60, 3)})])
def test_to_data_space_undoes_to_working_space(spec: InputSpec) -> None:
    network, x = build_network(spec), make_examples(spec).x
    working = np.asarray(network.to_working_space(x))
    data = np.asarray(network.to_data_space(network.to_working_space(x)))
    assert data.shape == x.shape
    if len(spec.shape) == 3:
        assert working.min() >= -1 - 1e-5
        assert working.max() <= 1 + 1e-5
    if spec.shape[0] <= 32:
        np.testing.assert_allclose(data, x, atol=1e-6)


def test_classes_are_encoded_one_hot_and_numbers_with_a_1() -> None:
    np.testing.assert_array_equal(
        np.asarray(build_network(IMAGES).encode_targets(np.array([2, 0]))), [[0, 0, 1], [1, 0, 0]]
    )
    np.testing.assert_array_equal(
        np.asarray(build_network(TABLE).encode_targets(np.array([0.5, -1.0]))), [[0.5, 1], [-1, 1]]
    )


def test_sampling_depends_on_seed_and_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sakon.families.conditional.ROWS_PER_BATCH", 16)
    network, y = build_network(TABLE), make_examples(TABLE).y
    samples = network.sample(y, seed=5)
    assert samples.shape == (40, 3)
    assert samples.dtype == np.float32
    np.testing.assert_array_equal(network.sample(y, seed=5), samples)
    assert not np.array_equal(network.sample(y, seed=6), samples)
    assert np.corrcoef(samples[:, 0], y)[0, 1] > 0.9
    assert len({tuple(row) for row in samples}) == 40  # each batch has its own noise
    assert network.sample(y[:0], seed=5).shape == (0, 3)


def test_snapshots_are_taken_only_at_the_snapshot_epochs() -> None:
    network, train = build_network(IMAGES), make_examples(IMAGES)
    network.prepare(train, steps=1)
    for epoch in range(1, 4):
        network.finish_epoch(epoch)
    epochs, targets, samples = network.snapshots()
    assert epochs == [epoch for epoch in snapshot_epochs(50) if epoch < 4]
    np.testing.assert_array_equal(targets, [0, 1, 2])
    expected = network.sample(np.arange(3), FIXED_SEED)
    np.testing.assert_allclose(samples[0], expected, atol=1e-6)


def test_snapshot_epochs_go_from_the_first_epoch_to_the_last() -> None:
    assert snapshot_epochs(1) == (1,)
    assert snapshot_epochs(100)[0] == 1
    assert snapshot_epochs(100)[-1] == 100


def test_energy_distance_equals_the_double_sum_and_is_0_on_average() -> None:
    network = build_network(TABLE)
    network.distance_scales.assign([2.0, 3.0])
    rng = np.random.default_rng(0)
    real, samples = rng.normal(size=(2, 6, 3)).astype(np.float32)
    condition = rng.normal(size=(6, 2)).astype(np.float32)
    a, b = (np.hstack([x / 2, condition / 3]) for x in (real, samples))

    def mean_distance(x: np.ndarray, y: np.ndarray) -> float:
        return float(np.mean([np.linalg.norm(x[i] - y[j]) for i in range(6) for j in range(6) if i != j]))

    expected = 2 * mean_distance(a, b) - mean_distance(a, a) - mean_distance(b, b)
    assert float(network.energy_distance(real, samples, condition)) == pytest.approx(expected, abs=1e-4)
    draws = [
        float(network.energy_distance(*rng.normal(size=(2, 12, 3)).astype(np.float32), np.zeros((12, 2), np.float32)))
        for _ in range(400)
    ]
    assert abs(np.mean(draws)) < 4 * np.std(draws) / np.sqrt(len(draws))


def test_moving_average_follows_the_weights_faster_in_the_first_steps() -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="ones")])
    average = keras.models.clone_model(model)
    average.set_weights([np.zeros((2, 1)), np.zeros(1)])
    network = build_network(TABLE)
    network.update_average(average, model, step=10_000)
    np.testing.assert_allclose(average.get_weights()[0], 0.1, rtol=1e-5)
    network.update_average(average, model, step=0)
    np.testing.assert_allclose(average.get_weights()[0], 1 - 0.9 * 0.1, rtol=1e-5)


@pytest.mark.parametrize("spec", [IMAGES, TABLE])
def test_memorising_ratio_distinguishes_copies_from_new_examples(spec: InputSpec) -> None:
    train, validation = make_examples(spec, 80), make_examples(spec, 60, seed=1)
    copies = generative.measure_samples(train, train, validation, spec, PROBLEM)
    new = generative.measure_samples(make_examples(spec, 80, seed=2), train, validation, spec, PROBLEM)
    assert copies["memorising_ratio"] == 0
    assert 0.8 < new["memorising_ratio"] < 1.25
    assert copies["kid"] == copies["kid_real"]


def test_examples_are_grouped_by_class_or_by_quantile_of_the_target() -> None:
    groups, labels = generative.group_by_target(make_examples(IMAGES).y, IMAGES)
    assert labels == ["a", "b", "c"]
    assert sum(len(group) for group in groups) == 40
    y = make_examples(TABLE).y
    groups, labels = generative.group_by_target(y, TABLE)
    assert len(groups) == 10
    assert all(y[low].max() <= y[high].min() for low, high in pairwise(groups))
    assert float(labels[0]) == pytest.approx(10 + 2 * np.median(y[groups[0]]), rel=0.01)


def test_feature_with_the_largest_difference_comes_first() -> None:
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
