"""Contrastive learning: loss, views, samples of labels, training and resuming."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from listeners import StopAfter
from resuming import Trained, check_resumed_equals_undisturbed

from sakon.backends import backend
from sakon.datasets import ModelDataset
from sakon.pipelines.contrastive import budget, figures, supervised
from sakon.pipelines.contrastive.config import Config
from sakon.pipelines.contrastive.layers import nt_xent
from sakon.pipelines.contrastive.model import build
from sakon.pipelines.contrastive.nodes import (
    compare_label_fractions,
    draw_views,
    measure_representation,
    stratified_rows,
)
from sakon.pipelines.contrastive.supervised import SupervisedTraining
from sakon.pipelines.contrastive.views import CorruptedViews, ImageViews, first_input_of_feature
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


def unit_vectors(rows: int, width: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def make_spec(shape: tuple[int, ...], task: str = "classification") -> InputSpec:
    classes = (0, 1) if task == "classification" else ()
    return InputSpec(kind="tabular", task=task, shape=shape, classes=classes, fingerprint="f")


def make_examples(shape: tuple[int, ...], seed: int, rows: int = 100, task: str = "classification") -> Examples:
    x = np.random.default_rng(seed).random(size=(rows, *shape)).astype(np.float32)
    y = x.reshape(rows, -1)[:, 0] - 0.5
    return Examples(x=x, y=(y > 0).astype(np.int32) if task == "classification" else y, row=np.arange(rows))


# --- loss


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_nt_xent_equals_the_formula_of_the_paper(temperature: float) -> None:
    first, second = unit_vectors(7, 3, 0), unit_vectors(7, 3, 1)
    views = [view for pair in zip(first, second, strict=True) for view in pair]  # 2k − 1 and 2k are a pair
    losses = []
    for i in range(14):
        j = i + 1 if i % 2 == 0 else i - 1
        others = sum(np.exp(views[i] @ views[k] / temperature) for k in range(14) if k != i)
        losses.append(-np.log(np.exp(views[i] @ views[j] / temperature) / others))
    assert float(nt_xent(first, second, temperature)) == pytest.approx(np.mean(losses), rel=1e-5)


def test_nt_xent_of_two_pairs_in_closed_form() -> None:
    first = second = np.eye(2, dtype=np.float32)
    assert float(nt_xent(first, second, 0.5)) == pytest.approx(np.log(1 + 2 * np.exp(-2)), rel=1e-5)
    assert float(nt_xent(first, second[::-1], 0.5)) == pytest.approx(np.log(np.e**2 + 2), rel=1e-5)


def test_nt_xent_is_minimal_for_equal_views_and_opposite_examples() -> None:
    poles = np.array([[1.0, 0.0], [-1.0, 0.0]], dtype=np.float32)
    best = float(nt_xent(poles, poles, 0.5))
    assert best == pytest.approx(np.log(1 + 2 * np.exp(-4)), rel=1e-4)
    for seed in range(20):
        assert float(nt_xent(unit_vectors(2, 2, seed), unit_vectors(2, 2, seed + 100), 0.5)) > best
    one_point = np.tile(poles[:1], (8, 1))
    assert float(nt_xent(one_point, one_point, 0.5)) == pytest.approx(np.log(15), rel=1e-5)


# --- image views

AUGMENTATIONS: dict[str, float] = {
    "shift": 0.15, "rotation": 15, "zoom": 0.2, "brightness": 0.2, "contrast": 0.4, "noise": 0.05, "cutout": 0.25,
}  # fmt: skip


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (5, 9, 3), (1, 1, 1)])
def test_image_views_keep_shape_and_range_and_differ(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).random((6, *shape)).astype(np.float32)
    first, second = map(np.asarray, ImageViews(**AUGMENTATIONS)(x, training=True))
    for view in (first, second):
        assert view.shape == x.shape
        assert 0 <= view.min() <= view.max() <= 1
        assert not np.array_equal(view, x)
    assert not np.array_equal(first, second)


def test_views_are_random_in_training_and_fixed_otherwise() -> None:
    x = np.random.default_rng(0).random((6, 8, 8, 1)).astype(np.float32)
    for layer in (ImageViews(**AUGMENTATIONS), CorruptedViews(0.6)):
        np.testing.assert_array_equal(np.asarray(layer(x)[1]), np.asarray(layer(x)[1]))
        assert not np.array_equal(np.asarray(layer(x, training=True)[1]), np.asarray(layer(x, training=True)[1]))


def test_image_views_without_augmentation_equal_the_image() -> None:
    x = np.random.default_rng(0).random((3, 7, 4, 2)).astype(np.float32)
    for view in ImageViews()(x, training=True):
        np.testing.assert_allclose(np.asarray(view), x, atol=1e-6)


def test_image_views_are_never_flipped() -> None:
    x = np.zeros((400, 9, 9, 1), dtype=np.float32)
    x[:, 1:8, 1:3] = 1  # an L: its foot points right
    x[:, 6:8, 1:8] = 1
    for view in map(np.asarray, ImageViews(shift=0.05, rotation=15, zoom=0.1)(x, training=True)):
        distance = np.square(view - x).sum(axis=(1, 2, 3))
        for flipped in (x[:, :, ::-1], x[:, ::-1]):
            assert (distance < np.square(view - flipped).sum(axis=(1, 2, 3))).all()


def test_shift_rotation_and_zoom_stay_within_their_maximum() -> None:
    x = np.zeros((500, 21, 21, 1), dtype=np.float32)
    x[:, 9:12, 9:12] = 1
    positions = np.arange(21)
    for augmentation, max_offset in (({"shift": 0.2}, 4.2), ({"rotation": 90}, 0.1), ({"zoom": 0.3}, 0.1)):
        view = np.asarray(ImageViews(**augmentation)(x, training=True)[0])[..., 0]
        for axis in (1, 2):
            centre = (view.sum(axis=3 - axis) * positions).sum(axis=1) / view.sum(axis=(1, 2)) - 10
            assert np.abs(centre).max() <= max_offset + 1e-3
            assert np.abs(centre).max() >= 0.9 * max_offset if "shift" in augmentation else True
    sizes = np.asarray(ImageViews(zoom=0.3)(x, training=True)[0]).sum(axis=(1, 2, 3)) / 9
    assert sizes.min() < 0.75
    assert sizes.max() > 1.4


# --- corrupted views


def test_corruption_replaces_the_configured_fraction_by_values_of_the_same_feature() -> None:
    x = np.arange(40 * 10, dtype=np.float32).reshape(40, 10)  # every value occurs once
    layer = CorruptedViews(0.6)
    for _ in range(5):
        example, corrupted = map(np.asarray, layer(x, training=True))
        np.testing.assert_array_equal(example, x)
        np.testing.assert_array_equal((corrupted != x).sum(axis=1), 6)  # ⌊0.6 · 10⌋, and never by the same value
        np.testing.assert_array_equal(corrupted % 10, x % 10)


def test_all_features_and_all_other_rows_are_drawn() -> None:
    x = np.arange(8 * 3, dtype=np.float32).reshape(8, 3)
    layer = CorruptedViews(0.4)  # one of three
    views = [np.asarray(layer(x, training=True)[1]) for _ in range(300)]
    replaced = np.mean([view != x for view in views], axis=(0, 1))
    np.testing.assert_allclose(replaced, 1 / 3, atol=0.05)
    replacements = {view[0, 0] for view in views if view[0, 0] != x[0, 0]}
    assert replacements == set(x[1:, 0])


def test_one_hot_inputs_of_a_category_are_replaced_together() -> None:
    rng = np.random.default_rng(0)
    colour, sex = np.eye(4)[rng.integers(4, size=60)], np.eye(2)[rng.integers(2, size=60)]
    x = np.hstack([rng.normal(size=(60, 2)), colour, sex, rng.integers(2, size=(60, 1))]).astype(np.float32)
    np.testing.assert_array_equal(first_input_of_feature(x), [0, 1, 2, 2, 2, 2, 6, 6, 8])
    layer = CorruptedViews(0.9)
    layer.build((None, 9))
    layer.adapt(x)
    corrupted = np.asarray(layer(x, training=True)[1])
    np.testing.assert_array_equal(corrupted[:, 2:6].sum(axis=1), 1)
    np.testing.assert_array_equal(corrupted[:, 6:8].sum(axis=1), 1)
    assert not np.array_equal(corrupted[:, 2:6], x[:, 2:6])


@pytest.mark.parametrize("shape", [(1, 4), (5, 1), (1, 1)])
def test_corruption_needs_two_rows_and_two_features(shape: tuple[int, int]) -> None:
    x = np.random.default_rng(0).random(shape).astype(np.float32)
    np.testing.assert_array_equal(np.asarray(CorruptedViews(0.6)(x, training=True)[1]), x)


# --- label fractions


def test_sampled_labels_are_stratified_with_at_least_one_per_class() -> None:
    y = np.repeat(np.arange(4), [500, 300, 60, 2]).astype(np.int32)
    for fraction, counts in ((0.01, [5, 3, 1, 1]), (0.1, [50, 30, 6, 1]), (1.0, [500, 300, 60, 2])):
        rows = stratified_rows(y, fraction, np.random.default_rng(0))
        assert len(set(rows)) == len(rows)
        np.testing.assert_array_equal(np.bincount(y[rows]), counts)
    first, second = (stratified_rows(y, 0.1, np.random.default_rng(seed)) for seed in (1, 2))
    assert not np.array_equal(first, second)


def test_sampled_numbers_cover_the_range_of_the_target() -> None:
    y = np.random.default_rng(0).permutation(1000).astype(np.float32)
    sample = np.sort(y[stratified_rows(y, 0.01, np.random.default_rng(1))])
    np.testing.assert_array_equal(sample // 100, np.arange(10))
    assert len(stratified_rows(y, 1.0, np.random.default_rng(1))) == 1000
    assert len(stratified_rows(y[:15], 0.01, np.random.default_rng(1))) == 1


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_label_fractions_are_compared_by_the_problems_metric(task: str) -> None:
    spec = make_spec((5,), task)
    train, validation = (make_examples((5,), seed, task=task) for seed in (0, 1))
    metric = "accuracy" if task == "classification" else "rmse"
    network = build(spec, CONFIG, PROBLEM)
    training = TrainingSummary(family="f", parameters=1, train_seconds=0, epochs=6, best={f"val_{metric}": 0.75})
    table = compare_label_fractions(network, training, train, validation, spec, CONFIG, PROBLEM)
    assert list(table.columns) == ["fraction", "labels", "draw", "method", "epochs", metric]
    assert table.groupby("method")["epochs"].unique().map(list).to_dict() == {"probe": [0], "from scratch": [2]}
    assert table.groupby("fraction").size().to_dict() == {0.01: 4, 0.1: 4, 1.0: 2}
    assert table.groupby("fraction")["labels"].max().iloc[-1] == 100
    assert np.isfinite(table.iloc[:, -1]).all()
    metrics = measure_representation(network, validation, table)
    assert metrics["probe_at_100_percent"] == 0.75  # of the family's model
    probe = table[(table["method"] == "probe") & (table["fraction"] == 0.1)].iloc[:, -1].mean()
    assert metrics["probe_at_10_percent"] == pytest.approx(probe)
    assert 0 <= metrics["validation_alignment"] <= 4
    assert -8 <= metrics["validation_uniformity"] <= 0


@pytest.mark.parametrize(("units", "rows"), [(0, 0), (1, 2)])
def test_the_comparison_ends_where_no_time_is_left(units: int, rows: int) -> None:
    spec, events, listener = make_spec((5,)), TrainingEvents(), StopAfter(units)
    events.subscribe(listener)
    train, validation = (make_examples((5,), seed) for seed in (0, 1))
    network = build(spec, CONFIG, PROBLEM)
    training = TrainingSummary(family="f", parameters=1, train_seconds=0, epochs=6, best={"val_accuracy": 0.75})
    table = compare_label_fractions(network, training, train, validation, spec, CONFIG, PROBLEM, events)
    assert len(table) == rows
    assert len(listener.trials) == units
    assert "validation_alignment" in measure_representation(network, validation, table)
    assert ("used up" in str(figures.label_fractions(table).layout.annotations)) is (rows == 0)


@pytest.mark.parametrize(
    ("rows", "epochs", "draws", "scratch_epochs"),
    [(100, 0, 3, 5), (100, 40, 3, 5), (1_150, 40, 2, 6), (60_000, 40, 3, 6), (60_000, 8, 1, 3)],
)
def test_cost_of_the_comparison_is_bounded_by_the_training(
    rows: int, epochs: int, draws: int, scratch_epochs: int
) -> None:
    config = Config(scratch_epochs=5 if rows == 100 else 6)
    labels = {fraction: max(10, round(fraction * rows)) for fraction in config.label_fractions}
    plan = budget.plan_comparison(labels, rows, epochs, config)
    assert (plan.draws, plan.epochs) == (draws, scratch_epochs)
    steps = sum(
        plan.epochs * budget.steps_per_epoch(count) * (plan.draws if fraction < 1 else 1)
        for fraction, count in labels.items()
    )
    assert steps <= max(budget.MIN_TOTAL_STEPS, rows * epochs * 2 / 4 / budget.BATCH_SIZE)


def test_comparison_takes_the_planned_steps_and_evaluates_few_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    spec, config = make_spec((5,)), CONFIG.model_copy(update={"scratch_epochs": 9})
    train, validation = make_examples((5,), 0), make_examples((5,), 1)
    steps, evaluations, compiled = [], [], []
    compile_steps, predict = backend().compile_steps, supervised.predict_outputs

    def counting_compile(*arguments: Any, **options: Any) -> Any:
        epoch = compile_steps(*arguments, **options)
        compiled.append(epoch)
        return lambda columns, order: (steps.append(len(order)), epoch(columns, order))[1]

    monkeypatch.setattr(backend(), "compile_steps", counting_compile)
    monkeypatch.setattr(supervised, "predict_outputs", lambda *each: (evaluations.append(1), predict(*each))[1])
    training = TrainingSummary(family="f", parameters=1, train_seconds=0, epochs=1, best={"val_accuracy": 0.75})
    network = build(spec, config, PROBLEM)
    table = compare_label_fractions(network, training, train, validation, spec, config, PROBLEM)
    trainings = int((table["method"] == "from scratch").sum())
    assert trainings == 3  # one draw of each fraction: two would take 9 · 5 · 20 steps
    assert len(compiled) == 1
    assert sum(steps) == 9 * 20 * trainings <= budget.MIN_TOTAL_STEPS
    assert len(evaluations) == supervised.MAX_EVALUATIONS * trainings


# --- training


def train(shape: tuple[int, ...], folder: Path, events: TrainingEvents) -> Trained:
    spec, checkpoints = make_spec(shape), Checkpoints(folder)
    splits = make_examples(shape, 0), make_examples(shape, 1)
    network, history, _ = fit(build(spec, CONFIG, PROBLEM), *splits, spec, CONFIG, PROBLEM, checkpoints, events)
    return network.get_weights(), history


@pytest.mark.parametrize("shape", SHAPES[:2])
def test_resumed_equals_undisturbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...]) -> None:
    history = check_resumed_equals_undisturbed(
        lambda folder, events: train(shape, folder, events), tmp_path, monkeypatch
    )
    assert {"alignment", "uniformity", "val_alignment", "val_uniformity"} <= set(history)


@pytest.mark.parametrize("shape", SHAPES)
def test_encoder_projections_and_views_figure_have_the_shape_of_the_examples(shape: tuple[int, ...]) -> None:
    network, examples = build(make_spec(shape), CONFIG, PROBLEM), make_examples(shape, 0, rows=12)
    assert network.encoder(examples.x).shape == (12, 16)
    projections = np.asarray(network(examples.x))
    assert projections.shape == (12, 2, 4)
    np.testing.assert_allclose(np.linalg.norm(projections, axis=-1), 1, atol=1e-4)
    figure = draw_views(network, examples, make_spec(shape))
    values = np.asarray(figure.data[0].z, dtype=float)
    if len(shape) == 3:
        expected, values = examples.x[0, ..., 0], values[: shape[0], : shape[1]]
    else:
        expected = examples.x.reshape(12, -1)[np.linspace(0, 11, 10).astype(int)][::-1]
    np.testing.assert_allclose(values, expected, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES[:2])
def test_projections_survive_save_and_load(tmp_path: Path, shape: tuple[int, ...]) -> None:
    network, examples = build(make_spec(shape), CONFIG, PROBLEM), make_examples(shape, 0, rows=12)
    dataset = ModelDataset(filepath=str(tmp_path / "network"))
    dataset.save(network)
    np.testing.assert_allclose(np.asarray(dataset.load()(examples.x)), np.asarray(network(examples.x)), atol=1e-6)


def test_embedding_has_one_trace_per_class() -> None:
    figure = figures.embedding(np.arange(8.0).reshape(4, 2), np.array([0.5, 0.2]), np.array([0, 1, 0, 1]), ["a", "b"])
    assert {trace.name: list(trace.x) for trace in figure.data} == {"a": [0.0, 4.0], "b": [2.0, 6.0]}


@pytest.mark.parametrize("shape", SHAPES)
def test_training_from_scratch_learns_and_is_deterministic(shape: tuple[int, ...]) -> None:
    spec, noise = make_spec(shape), make_examples(shape, 0, rows=200)
    brightness = noise.y.reshape(-1, *[1] * len(shape))
    labelled = Examples((noise.x / 3 + brightness / 3).astype(np.float32), noise.y, noise.row)
    network = build(spec, CONFIG, PROBLEM)
    weights = network.get_weights()
    training = SupervisedTraining(network, labelled, spec, 8, PROBLEM)
    assert training.score(labelled, 1) > 0.8
    four = Examples(labelled.x[:4], labelled.y[:4], labelled.row[:4])
    assert training.score(four, 1) == training.score(four, 1)
    for after, before in zip(network.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(after, before)


def test_label_fractions_figure_has_mean_and_standard_deviation_of_the_draws() -> None:
    rows = [(0.1, 10, 1, 0.6), (0.1, 10, 2, 0.8), (1.0, 100, 1, 0.9)]
    table = pd.DataFrame(
        [
            (*row[:3], name, epochs, row[3] + gain)
            for row in rows
            for name, epochs, gain in (("probe", 0, 0.05), ("from scratch", 7, 0.0))
        ],
        columns=["fraction", "labels", "draw", "method", "epochs", "accuracy"],
    )
    figure = figures.label_fractions(table)
    probe = next(trace for trace in figure.data if trace.name and "probe" in trace.name)
    assert "of 2 random samples" in figure.layout.title.text
    assert "(7 epochs)" in figure.layout.title.text
    single = figures.label_fractions(table[table["draw"] == 1]).layout.title.text
    assert "One random sample of the labels" in single
    np.testing.assert_allclose(probe.y, [0.75, 0.95])
    np.testing.assert_allclose(probe.error_y.array, [np.std([0.6, 0.8], ddof=1), 0])
