"""Contrastive learning: its loss, its views, its draws of labels, and that it resumes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from resuming import Trained, check_resumed_equals_undisturbed

from sakon.datasets import ModelDataset
from sakon.pipelines.contrastive import figures
from sakon.pipelines.contrastive.config import Config
from sakon.pipelines.contrastive.layers import nt_xent
from sakon.pipelines.contrastive.model import build
from sakon.pipelines.contrastive.nodes import compare_labels, draw_views, drawn_labels, measure
from sakon.pipelines.contrastive.scratch import from_scratch
from sakon.pipelines.contrastive.views import CorruptedViews, ImageViews, first_of_feature
from sakon.problem import Examples, InputSpec, Problem, TrainingSummary
from sakon.training.checkpoints import Checkpoints
from sakon.training.events import TrainingEvents
from sakon.training.fit import fit

PROBLEM = Problem(kind="tabular", target="y", seed=3)
CONFIG = Config(
    filters=(4, 4), units=(8,), width=16, projection=4, epochs=6, batch_size=16, patience=6,
    label_draws=2, scratch_epochs=2,
)  # fmt: skip
SHAPES = [(8, 8, 1), (5,), (6, 2)]


def on_sphere(rows: int, width: int, seed: int) -> np.ndarray:
    points = np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float32)
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def spec(shape: tuple[int, ...], task: str = "classification") -> InputSpec:
    classes = (0, 1) if task == "classification" else ()
    return InputSpec(kind="tabular", task=task, shape=shape, classes=classes, fingerprint="f")


def part(shape: tuple[int, ...], seed: int, rows: int = 100, task: str = "classification") -> Examples:
    x = np.random.default_rng(seed).random(size=(rows, *shape)).astype(np.float32)
    y = x.reshape(rows, -1)[:, 0] - 0.5
    return Examples(x=x, y=(y > 0).astype(np.int32) if task == "classification" else y, row=np.arange(rows))


# --- the loss


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_nt_xent_equals_the_paper_written_out(temperature: float) -> None:
    first, second = on_sphere(7, 3, 0), on_sphere(7, 3, 1)
    views = [view for pair in zip(first, second, strict=True) for view in pair]  # 2k − 1 and 2k are a pair
    losses = []
    for i in range(14):
        j = i + 1 if i % 2 == 0 else i - 1
        others = sum(np.exp(views[i] @ views[k] / temperature) for k in range(14) if k != i)
        losses.append(-np.log(np.exp(views[i] @ views[j] / temperature) / others))
    assert float(nt_xent(first, second, temperature)) == pytest.approx(np.mean(losses), rel=1e-5)


def test_nt_xent_of_two_pairs_by_hand() -> None:
    first = second = np.eye(2, dtype=np.float32)
    assert float(nt_xent(first, second, 0.5)) == pytest.approx(np.log(1 + 2 * np.exp(-2)), rel=1e-5)
    assert float(nt_xent(first, second[::-1], 0.5)) == pytest.approx(np.log(np.e**2 + 2), rel=1e-5)


def test_nt_xent_is_lowest_where_pairs_meet_and_others_are_opposite() -> None:
    poles = np.array([[1.0, 0.0], [-1.0, 0.0]], dtype=np.float32)
    best = float(nt_xent(poles, poles, 0.5))
    assert best == pytest.approx(np.log(1 + 2 * np.exp(-4)), rel=1e-4)
    for seed in range(20):
        assert float(nt_xent(on_sphere(2, 2, seed), on_sphere(2, 2, seed + 100), 0.5)) > best
    one_point = np.tile(poles[:1], (8, 1))
    assert float(nt_xent(one_point, one_point, 0.5)) == pytest.approx(np.log(15), rel=1e-5)


# --- views of images

STRONG = {"shift": 0.15, "rotation": 15, "zoom": 0.2, "brightness": 0.2, "contrast": 0.4, "noise": 0.05, "cutout": 0.25}


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (5, 9, 3), (1, 1, 1)])
def test_image_views_keep_shape_and_range_and_differ(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).random((6, *shape)).astype(np.float32)
    first, second = map(np.asarray, ImageViews(**STRONG)(x, training=True))
    for view in (first, second):
        assert view.shape == x.shape
        assert 0 <= view.min() <= view.max() <= 1
        assert not np.array_equal(view, x)
    assert not np.array_equal(first, second)


def test_views_are_new_at_each_step_of_training_and_fixed_otherwise() -> None:
    x = np.random.default_rng(0).random((6, 8, 8, 1)).astype(np.float32)
    for layer in (ImageViews(**STRONG), CorruptedViews(0.6)):
        once, again = np.asarray(layer(x)[1]), np.asarray(layer(x)[1])
        np.testing.assert_array_equal(once, again)
        assert not np.array_equal(np.asarray(layer(x, training=True)[1]), np.asarray(layer(x, training=True)[1]))


def test_nothing_is_changed_where_nothing_is_to_be() -> None:
    x = np.random.default_rng(0).random((3, 7, 4, 2)).astype(np.float32)
    for view in ImageViews()(x, training=True):
        np.testing.assert_allclose(np.asarray(view), x, atol=1e-6)


def test_no_view_is_mirrored() -> None:
    x = np.zeros((400, 9, 9, 1), dtype=np.float32)
    x[:, 1:8, 1:3] = 1  # an L: its foot points right
    x[:, 6:8, 1:8] = 1
    for view in map(np.asarray, ImageViews(shift=0.05, rotation=15, zoom=0.1)(x, training=True)):
        as_it_is = np.square(view - x).sum(axis=(1, 2, 3))
        for mirrored in (x[:, :, ::-1], x[:, ::-1]):
            assert (as_it_is < np.square(view - mirrored).sum(axis=(1, 2, 3))).all()


def test_an_image_is_moved_turned_and_resized_within_bounds() -> None:
    x = np.zeros((500, 21, 21, 1), dtype=np.float32)
    x[:, 9:12, 9:12] = 1
    places = np.arange(21)
    for settings, furthest in (({"shift": 0.2}, 4.2), ({"rotation": 90}, 0.1), ({"zoom": 0.3}, 0.1)):
        view = np.asarray(ImageViews(**settings)(x, training=True)[0])[..., 0]
        for axis in (1, 2):
            centre = (view.sum(axis=3 - axis) * places).sum(axis=1) / view.sum(axis=(1, 2)) - 10
            assert np.abs(centre).max() <= furthest + 1e-3
            assert np.abs(centre).max() >= 0.9 * furthest if "shift" in settings else True
    sizes = np.asarray(ImageViews(zoom=0.3)(x, training=True)[0]).sum(axis=(1, 2, 3)) / 9
    assert sizes.min() < 0.75
    assert sizes.max() > 1.4


# --- corrupted views


def test_corruption_replaces_the_wanted_share_by_values_of_the_same_feature() -> None:
    x = np.arange(40 * 10, dtype=np.float32).reshape(40, 10)  # every value occurs once
    layer = CorruptedViews(0.6)
    for _ in range(5):
        example, corrupted = map(np.asarray, layer(x, training=True))
        np.testing.assert_array_equal(example, x)
        np.testing.assert_array_equal((corrupted != x).sum(axis=1), 6)  # ⌊0.6 · 10⌋, and never one's own value
        np.testing.assert_array_equal(corrupted % 10, x % 10)


def test_every_feature_and_every_other_row_is_drawn() -> None:
    x = np.arange(8 * 3, dtype=np.float32).reshape(8, 3)
    layer = CorruptedViews(0.4)  # one of three
    drawn = [np.asarray(layer(x, training=True)[1]) for _ in range(300)]
    changed = np.mean([corrupted != x for corrupted in drawn], axis=(0, 1))
    np.testing.assert_allclose(changed, 1 / 3, atol=0.05)
    donors = {corrupted[0, 0] for corrupted in drawn if corrupted[0, 0] != x[0, 0]}
    assert donors == set(x[1:, 0])


def test_inputs_of_one_category_are_replaced_together() -> None:
    rng = np.random.default_rng(0)
    kind, sex = np.eye(4)[rng.integers(4, size=60)], np.eye(2)[rng.integers(2, size=60)]
    x = np.hstack([rng.normal(size=(60, 2)), kind, sex, rng.integers(2, size=(60, 1))]).astype(np.float32)
    np.testing.assert_array_equal(first_of_feature(x), [0, 1, 2, 2, 2, 2, 6, 6, 8])
    layer = CorruptedViews(0.9)
    layer.build((None, 9))
    layer.group(x)
    corrupted = np.asarray(layer(x, training=True)[1])
    np.testing.assert_array_equal(corrupted[:, 2:6].sum(axis=1), 1)
    np.testing.assert_array_equal(corrupted[:, 6:8].sum(axis=1), 1)
    assert not np.array_equal(corrupted[:, 2:6], x[:, 2:6])


@pytest.mark.parametrize("shape", [(1, 4), (5, 1), (1, 1)])
def test_corruption_of_next_to_nothing_leaves_it(shape: tuple[int, int]) -> None:
    x = np.random.default_rng(0).random(shape).astype(np.float32)
    np.testing.assert_array_equal(np.asarray(CorruptedViews(0.6)(x, training=True)[1]), x)


# --- labels


def test_draws_of_labels_are_stratified_with_one_of_each_class_at_least() -> None:
    y = np.repeat(np.arange(4), [500, 300, 60, 2]).astype(np.int32)
    for fraction, counts in ((0.01, [5, 3, 1, 1]), (0.1, [50, 30, 6, 1]), (1.0, [500, 300, 60, 2])):
        drawn = drawn_labels(y, fraction, np.random.default_rng(0))
        assert len(set(drawn)) == len(drawn)
        np.testing.assert_array_equal(np.bincount(y[drawn]), counts)
    first, second = (drawn_labels(y, 0.1, np.random.default_rng(seed)) for seed in (1, 2))
    assert not np.array_equal(first, second)


def test_draws_of_numbers_come_from_all_over_the_target() -> None:
    y = np.random.default_rng(0).permutation(1000).astype(np.float32)
    drawn = np.sort(y[drawn_labels(y, 0.01, np.random.default_rng(1))])
    np.testing.assert_array_equal(drawn // 100, np.arange(10))
    assert len(drawn_labels(y, 1.0, np.random.default_rng(1))) == 1000
    assert len(drawn_labels(y[:15], 0.01, np.random.default_rng(1))) == 1


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_labels_are_compared_in_the_problems_own_metric(task: str) -> None:
    given, train, held_out = spec((5,), task), part((5,), 0, task=task), part((5,), 1, task=task)
    metric = "accuracy" if task == "classification" else "rmse"
    network = build(given, CONFIG, PROBLEM)
    training = TrainingSummary(family="f", parameters=1, train_seconds=0, best={f"val_{metric}": 0.75})
    table = compare_labels(network, training, train, held_out, given, CONFIG, PROBLEM)
    assert list(table.columns) == ["fraction", "labels", "draw", "way", metric]
    assert table.groupby("fraction").size().to_dict() == {0.01: 4, 0.1: 4, 1.0: 2}
    assert table.groupby("fraction")["labels"].max().iloc[-1] == 100
    assert np.isfinite(table.iloc[:, -1]).all()
    measured = measure(network, held_out, table)
    assert measured["probe_at_100_percent"] == 0.75  # the answering model's own
    probe = table[(table["way"] == "probe") & (table["fraction"] == 0.1)].iloc[:, -1].mean()
    assert measured["probe_at_10_percent"] == pytest.approx(probe)
    assert 0 <= measured["validation_alignment"] <= 4
    assert -8 <= measured["validation_uniformity"] <= 0


# --- training


def trained(shape: tuple[int, ...], folder: Path, events: TrainingEvents) -> Trained:
    given = spec(shape)
    network, history, _ = fit(
        build(given, CONFIG, PROBLEM),
        part(shape, 0),
        part(shape, 1),
        given,
        CONFIG,
        PROBLEM,
        Checkpoints(folder),
        events,
    )
    return network.get_weights(), history


@pytest.mark.parametrize("shape", SHAPES[:2])
def test_resumed_equals_undisturbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...]) -> None:
    curve = check_resumed_equals_undisturbed(
        lambda folder, events: trained(shape, folder, events), tmp_path, monkeypatch
    )
    assert {"alignment", "uniformity", "val_alignment", "val_uniformity"} <= set(curve)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_encoder_represents_and_views_are_drawn(shape: tuple[int, ...]) -> None:
    network, given = build(spec(shape), CONFIG, PROBLEM), part(shape, 0, rows=12)
    assert network.encoder(given.x).shape == (12, 16)
    projected = np.asarray(network(given.x))
    assert projected.shape == (12, 2, 4)
    np.testing.assert_allclose(np.linalg.norm(projected, axis=-1), 1, atol=1e-4)
    figure = draw_views(network, given, spec(shape))
    shown = np.asarray(figure.data[0].z, dtype=float)
    if len(shape) == 3:
        example, shown = given.x[0, ..., 0], shown[: shape[0], : shape[1]]
    else:
        example = given.x.reshape(12, -1)[np.linspace(0, 11, 10).astype(int)][::-1]
    np.testing.assert_allclose(shown, example, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES[:2])
def test_a_saved_network_projects_the_same_views(tmp_path: Path, shape: tuple[int, ...]) -> None:
    network, given = build(spec(shape), CONFIG, PROBLEM), part(shape, 0, rows=12)
    dataset = ModelDataset(filepath=str(tmp_path / "network"))
    dataset.save(network)
    np.testing.assert_allclose(np.asarray(dataset.load()(given.x)), np.asarray(network(given.x)), atol=1e-6)


def test_classes_of_the_representation_are_told_apart() -> None:
    figure = figures.embedding(np.arange(8.0).reshape(4, 2), np.array([0.5, 0.2]), np.array([0, 1, 0, 1]), ["a", "b"])
    assert {trace.name: list(trace.x) for trace in figure.data} == {"a": [0.0, 4.0], "b": [2.0, 6.0]}


@pytest.mark.parametrize("shape", SHAPES)
def test_training_from_scratch_learns_and_repeats_itself(shape: tuple[int, ...]) -> None:
    given, noise = spec(shape), part(shape, 0, rows=200)
    brighter = noise.y.reshape(-1, *[1] * len(shape))
    labelled = Examples((noise.x / 3 + brighter / 3).astype(np.float32), noise.y, noise.row)
    network = build(given, CONFIG, PROBLEM)
    weights = network.get_weights()
    learn = from_scratch(network, labelled, given, 8, PROBLEM)
    assert learn(labelled, 1) > 0.8
    few = Examples(labelled.x[:4], labelled.y[:4], labelled.row[:4])
    assert learn(few, 1) == learn(few, 1)
    for after, before in zip(network.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(after, before)


def test_label_fractions_show_mean_and_spread_of_the_draws() -> None:
    rows = [(0.1, 10, 1, 0.6), (0.1, 10, 2, 0.8), (1.0, 100, 1, 0.9)]
    table = pd.DataFrame(
        [(*row[:3], way, row[3] + gain) for row in rows for way, gain in (("probe", 0.05), ("from scratch", 0.0))],
        columns=["fraction", "labels", "draw", "way", "accuracy"],
    )
    probe = next(trace for trace in figures.label_fractions(table).data if trace.name and "probe" in trace.name)
    np.testing.assert_allclose(probe.y, [0.75, 0.95])
    np.testing.assert_allclose(probe.error_y.array, [np.std([0.6, 0.8], ddof=1), 0])
