"""The self-organizing map in Keras compared with a plain implementation of the batch algorithm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from resuming import Trained, check_resumed_equals_undisturbed

from sakon.datasets import ModelDataset
from sakon.metrics.som import Lattice, best_matching_units, quantization_error, topographic_error
from sakon.models.predict import predict_outputs
from sakon.pipelines.som import figures, network
from sakon.pipelines.som.config import Config
from sakon.pipelines.som.initialization import MAX_UNITS, choose_lattice
from sakon.pipelines.som.model import build
from sakon.pipelines.som.nodes import codebook_of, fit_head, predict_units
from sakon.problem import Examples, InputSpec, Problem, TrainingSummary
from sakon.training.batches import plan_epoch
from sakon.training.checkpoints import Checkpoints
from sakon.training.events import TrainingEvents
from sakon.training.fit import fit

PROBLEM = Problem(kind="tabular", target="y", seed=3)
VARIANTS: list[dict[str, Any]] = [
    {},
    {"toroidal": True},
    {"lattice": "hexagonal"},
    {"lattice": "hexagonal", "toroidal": True},
    {"neighbourhood": "bubble", "radius_end": 1.5},
    {"neighbourhood": "bubble", "toroidal": True, "radius_schedule": "linear"},
]


def config(**settings: Any) -> Config:
    return Config(**{"height": 6, "width": 5, "epochs": 5, "batch_size": 1000, **settings})


def spec(features: int = 4, task: str = "classification") -> InputSpec:
    classes = (0, 1) if task == "classification" else ()
    return InputSpec(kind="tabular", task=task, shape=(features,), classes=classes, fingerprint="f")


def examples(seed: int, rows: int = 130, features: int = 4, missing: float = 0) -> Examples:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, features)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int32)
    x[rng.random(x.shape) < missing] = np.nan
    return Examples(x=x, y=y, row=np.arange(rows))


def train_map(
    folder: Path, settings: Config, train: Examples, validation: Examples, events: TrainingEvents | None = None
) -> tuple[Any, Any]:
    input_spec = spec(train.x.shape[1])
    network, history, _ = fit(
        build(input_spec, settings, PROBLEM),
        train,
        validation,
        input_spec,
        settings,
        PROBLEM,
        Checkpoints(folder),
        events or TrainingEvents(),
    )
    return network, history


def reference_codebook(x: np.ndarray, codebook: np.ndarray, settings: Config, epochs: int) -> np.ndarray:
    """Kohonen's batch algorithm in loops: every unit becomes the weighted mean of all examples."""
    lattice = Lattice(settings.height, settings.width, settings.lattice == "hexagonal", settings.toroidal)
    distances = lattice.distances()
    first = settings.radius_start or max(max(lattice.extent) / 4, settings.radius_end)
    codebook = codebook.astype(float)
    for epoch in range(epochs):
        progress = epoch / max(settings.epochs - 1, 1)
        if settings.radius_schedule == "linear":
            radius = first + (settings.radius_end - first) * progress
        else:
            radius = first * (settings.radius_end / first) ** progress
        best = best_matching_units(x, codebook)[0]
        updated = codebook.copy()
        for unit in range(lattice.units):
            for feature in range(x.shape[1]):
                total = weight = 0.0
                for row, winner in zip(x, best, strict=True):
                    distance = distances[unit, winner]
                    h = (
                        np.exp(-(distance**2) / (2 * radius**2))
                        if settings.neighbourhood == "gaussian"
                        else distance <= radius
                    )
                    if not np.isnan(row[feature]):
                        total, weight = total + h * row[feature], weight + h
                if weight > 1e-12:
                    updated[unit, feature] = total / weight
        codebook = updated
    return codebook


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: "_".join(map(str, variant.values())) or "default")
@pytest.mark.parametrize("missing", [0, 0.2])
def test_training_equals_the_batch_algorithm(tmp_path: Path, variant: dict[str, Any], missing: float) -> None:
    settings, train = config(**variant, epochs=3), examples(0, 70, missing=missing)
    untrained = build(spec(), settings, PROBLEM)
    untrained.prepare(train, 1)
    initial = codebook_of(untrained)
    som, history = train_map(tmp_path, settings, train, examples(1, missing=missing))
    best = int(history["val_loss"].idxmin()) + 1
    np.testing.assert_allclose(codebook_of(som), reference_codebook(train.x, initial, settings, best), atol=2e-5)


@pytest.mark.parametrize(
    "variant", [*VARIANTS[:4], {"criterion": "topographic_error"}], ids=lambda variant: "_".join(variant)
)
@pytest.mark.parametrize("missing", [0, 0.2])
def test_history_equals_the_quality_measures(tmp_path: Path, variant: dict[str, Any], missing: float) -> None:
    validation, settings = examples(1, missing=missing), config(**variant)
    som, history = train_map(tmp_path, settings, examples(0, missing=missing), validation)
    best = history.iloc[history["val_loss"].idxmin()]
    codebook = codebook_of(som)
    assert best["val_quantization_error"] == pytest.approx(quantization_error(validation.x, codebook), rel=1e-5)
    assert best["val_topographic_error"] == pytest.approx(topographic_error(validation.x, codebook, som.lattice))
    assert best["val_loss"] == best[f"val_{settings.criterion}"]


@pytest.mark.parametrize("missing", [0, 0.2])
@pytest.mark.parametrize("compiled", [False, True])
def test_batch_size_does_not_affect_the_map(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: float, compiled: bool
) -> None:
    train, validation = examples(0, missing=missing), examples(1, missing=missing)
    one, first = train_map(tmp_path / "one", config(), train, validation)
    monkeypatch.setattr(network, "MIN_DISTANCES_TO_COMPILE", 0 if compiled else np.inf)
    many, second = train_map(tmp_path / "many", config(batch_size=9), train, validation)
    assert [plan_epoch(len(train), size, order_free=True).steps for size in (config().batch_size, 9)] == [1, 15]
    np.testing.assert_allclose(codebook_of(one), codebook_of(many), atol=1e-5)
    np.testing.assert_allclose(first, second, atol=1e-5)


@pytest.mark.parametrize("toroidal", [False, True])
def test_sums_by_axis_equal_sums_over_the_lattice(toroidal: bool) -> None:
    som = build(spec(), config(toroidal=toroidal), PROBLEM)
    values = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
    influence = np.exp(-0.5 * (som.lattice.distances() / 1.3) ** 2)
    np.testing.assert_allclose(som.sum_over_neighbourhood(values, 1.3), influence @ values, atol=1e-5)


def test_first_of_units_at_equal_distance_is_best() -> None:
    som = build(spec(2), config(height=3, width=4), PROBLEM)
    codebook = np.array(
        [[9, 9], [2, 0], [0, 1], [5, 5], [0, 1], [0, -1], [1, 0], [7, 7], [0, 1], [8, 8], [1, 0], [3, 3]]
    )
    som.codebook.codebook.assign(codebook.astype(np.float32))
    rng = np.random.default_rng(0)
    x = np.concatenate([[[0, 0]], rng.integers(-3, 9, size=(500, 2))]).astype(np.float32)
    best, second = (np.asarray(unit) for unit in som.codebook.best_two_units(x))
    assert (best[0], second[0]) == (2, 4)
    expected = best_matching_units(x, codebook)
    np.testing.assert_array_equal(best, expected[0])
    np.testing.assert_array_equal(second, expected[1])
    np.testing.assert_array_equal(som(x), expected[0])


@pytest.mark.parametrize("last", [1, 4])
def test_resumed_training_equals_an_uninterrupted_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: int
) -> None:
    settings = config(epochs=7, batch_size=20, height=None, width=None)

    def train(folder: Path, events: TrainingEvents) -> Trained:
        network, history = train_map(folder, settings, examples(0), examples(1), events)
        return network.get_weights(), history

    check_resumed_equals_undisturbed(train, tmp_path, monkeypatch, last)


def test_map_survives_save_and_load(tmp_path: Path) -> None:
    settings = config(height=None, width=None, lattice="hexagonal")
    som, _ = train_map(tmp_path / "state", settings, examples(0), examples(1))
    dataset = ModelDataset(filepath=str(tmp_path / "network"))
    dataset.save(som)
    loaded = dataset.load()
    assert loaded.lattice == som.lattice
    assert loaded.config == som.config
    assert loaded.get_config() == som.get_config()
    np.testing.assert_array_equal(codebook_of(loaded), codebook_of(som))


@pytest.mark.parametrize(("rows", "features"), [(2, 1), (15, 1), (300, 3), (40, 200)])
@pytest.mark.parametrize("variant", [{}, {"lattice": "hexagonal", "toroidal": True}, {"start": "sample"}])
def test_data_of_any_size_give_a_finite_map(tmp_path: Path, rows: int, features: int, variant: dict[str, Any]) -> None:
    settings = config(height=None, width=None, **variant)
    som, history = train_map(tmp_path, settings, examples(0, rows, features), examples(1, 20, features))
    assert np.isfinite(codebook_of(som)).all()
    assert np.isfinite(history.to_numpy()).all()
    assert som.lattice.units == pytest.approx(20 * rows**0.5, rel=0.2)


def test_units_without_examples_predict_like_their_neighbours() -> None:
    influence = np.exp(-0.5 * (Lattice(1, 5).distances() / 1.0) ** 2)
    table = predict_units(np.array([0, 0, 4]), np.array([0, 0, 1]), influence, 3, 0.1)
    np.testing.assert_allclose(table.sum(axis=1), 1, atol=1e-6)
    assert (table > 0).all()
    assert (table < 1).all()
    assert table[1].argmax() == 0
    assert table[3].argmax() == 1
    means = predict_units(np.array([0, 4]), np.array([-1.0, 3.0], np.float32), influence, 1, 1e-6)[:, 0]
    assert (np.diff(means) > 0).all()
    assert means[0] == pytest.approx(-1, abs=0.01)


def test_prediction_is_that_of_the_best_matching_unit(tmp_path: Path) -> None:
    settings, train, validation = config(), examples(0), examples(1)
    som, _ = train_map(tmp_path, settings, train, validation)
    model, summary = fit_head(
        som, TrainingSummary(family="som", parameters=1, train_seconds=0), train, validation, spec(), PROBLEM
    )
    table = model.get_layer("unit_predictions").get_weights()[0]
    np.testing.assert_allclose(
        predict_outputs(model, validation.x), table[best_matching_units(validation.x, codebook_of(som))[0]]
    )
    assert summary.best["val_accuracy"] > 0.8


@pytest.mark.parametrize("hexagonal", [False, True])
def test_figures_show_every_unit(hexagonal: bool) -> None:
    lattice = Lattice(4, 5, hexagonal)
    values = np.arange(20.0)
    figure = figures.u_matrix(values, lattice)
    if hexagonal:
        outlines = [np.isnan(np.asarray(trace.x, float)).sum() for trace in figure.data if trace.fill == "toself"]
        assert sum(outlines) == lattice.units
        assert all(len(trace.x) == 8 * gaps for trace, gaps in zip(figure.data, outlines, strict=False))
    else:
        np.testing.assert_array_equal(figure.data[0].z, values.reshape(4, 5))
    assert len(figures.hit_map(np.arange(20), lattice).data[-1].x) == 1  # only the first has no example
    labels = figures.label_map(np.eye(2)[np.arange(20) % 2], np.ones(20, int), lattice, ("no", "yes"))
    assert sum(np.isnan(np.asarray(trace.x, float)).sum() for trace in labels.data if trace.fill == "toself") == 20


@pytest.mark.parametrize(("rows", "units"), [(2_500, 1_000), (40_000, MAX_UNITS), (90_000, MAX_UNITS)])
def test_units_are_bounded_so_that_an_epoch_is_linear_in_the_rows(rows: int, units: int) -> None:
    x = np.random.default_rng(0).normal(size=(rows, 2)).astype(np.float32)
    assert choose_lattice(x, Config(density=20)).units == pytest.approx(units, rel=0.05)
