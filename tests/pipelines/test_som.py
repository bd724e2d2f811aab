"""The map as Keras trains it, against the batch algorithm written plainly."""

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
from sakon.pipelines.som.model import build
from sakon.pipelines.som.nodes import codebook_of, fit_head, unit_answers
from sakon.problem import Examples, InputSpec, Problem, TrainingSummary
from sakon.training.checkpoints import Checkpoints
from sakon.training.events import TrainingEvents
from sakon.training.fit import fit

PROBLEM = Problem(kind="tabular", target="y", seed=3)
FORMS: list[dict[str, Any]] = [
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


def part(seed: int, rows: int = 130, features: int = 4, missing: float = 0) -> Examples:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, features)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int32)
    x[rng.random(x.shape) < missing] = np.nan
    return Examples(x=x, y=y, row=np.arange(rows))


def trained(
    folder: Path, settings: Config, train: Examples, validation: Examples, events: TrainingEvents | None = None
) -> tuple[Any, Any]:
    given = spec(train.x.shape[1])
    made, history, _ = fit(
        build(given, settings, PROBLEM),
        train,
        validation,
        given,
        settings,
        PROBLEM,
        Checkpoints(folder),
        events or TrainingEvents(),
    )
    return made, history


def plainly(x: np.ndarray, codebook: np.ndarray, settings: Config, epochs: int) -> np.ndarray:
    """Kohonen's batch algorithm in loops: every unit becomes the weighted mean of all examples."""
    lattice = Lattice(settings.height, settings.width, settings.lattice == "hexagonal", settings.toroidal)
    apart = lattice.distances()
    start = settings.radius_start or max(max(lattice.extent) / 4, settings.radius_end)
    codebook = codebook.astype(float)
    for epoch in range(epochs):
        passed = epoch / max(settings.epochs - 1, 1)
        if settings.radius_schedule == "linear":
            radius = start + (settings.radius_end - start) * passed
        else:
            radius = start * (settings.radius_end / start) ** passed
        best = best_matching_units(x, codebook)[0]
        moved = codebook.copy()
        for unit in range(lattice.units):
            for feature in range(x.shape[1]):
                total = weight = 0.0
                for row, winner in zip(x, best, strict=True):
                    away = apart[unit, winner]
                    h = np.exp(-(away**2) / (2 * radius**2)) if settings.neighbourhood == "gaussian" else away <= radius
                    if not np.isnan(row[feature]):
                        total, weight = total + h * row[feature], weight + h
                if weight > 1e-12:
                    moved[unit, feature] = total / weight
        codebook = moved
    return codebook


@pytest.mark.parametrize("form", FORMS, ids=lambda form: "_".join(map(str, form.values())) or "plain")
@pytest.mark.parametrize("missing", [0, 0.2])
def test_it_is_the_batch_algorithm(tmp_path: Path, form: dict[str, Any], missing: float) -> None:
    settings, train = config(**form, epochs=3), part(0, 70, missing=missing)
    start = build(spec(), settings, PROBLEM)
    start.prepare(train, 1)
    begun = codebook_of(start)
    made, history = trained(tmp_path, settings, train, part(1, missing=missing))
    best = int(history["val_loss"].idxmin()) + 1
    np.testing.assert_allclose(codebook_of(made), plainly(train.x, begun, settings, best), atol=2e-5)


@pytest.mark.parametrize("form", [*FORMS[:4], {"criterion": "topographic_error"}], ids=lambda form: "_".join(form))
@pytest.mark.parametrize("missing", [0, 0.2])
def test_its_figures_are_the_measures(tmp_path: Path, form: dict[str, Any], missing: float) -> None:
    validation, settings = part(1, missing=missing), config(**form)
    made, history = trained(tmp_path, settings, part(0, missing=missing), validation)
    best = history.iloc[history["val_loss"].idxmin()]
    codebook = codebook_of(made)
    assert best["val_quantization_error"] == pytest.approx(quantization_error(validation.x, codebook), rel=1e-5)
    assert best["val_topographic_error"] == pytest.approx(topographic_error(validation.x, codebook, made.lattice))
    assert best["val_loss"] == best[f"val_{settings.criterion}"]


@pytest.mark.parametrize("missing", [0, 0.2])
@pytest.mark.parametrize("compiled", [False, True])
def test_steps_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: float, compiled: bool) -> None:
    train, validation = part(0, missing=missing), part(1, missing=missing)
    one, first = trained(tmp_path / "one", config(), train, validation)
    monkeypatch.setattr(network, "WORTH_COMPILING", 0 if compiled else np.inf)
    many, second = trained(tmp_path / "many", config(batch_size=9), train, validation)
    assert one.steps == 1
    assert many.steps == 15
    np.testing.assert_allclose(codebook_of(one), codebook_of(many), atol=1e-5)
    np.testing.assert_allclose(first, second, atol=1e-5)


@pytest.mark.parametrize("toroidal", [False, True])
def test_rows_and_columns_one_after_the_other_are_all_at_once(toroidal: bool) -> None:
    made = build(spec(), config(toroidal=toroidal), PROBLEM)
    values = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
    influence = np.exp(-0.5 * (made.lattice.distances() / 1.3) ** 2)
    np.testing.assert_allclose(made.smoothed(values, 1.3), influence @ values, atol=1e-5)


def test_of_units_equally_near_the_first_counts() -> None:
    made = build(spec(2), config(height=3, width=4), PROBLEM)
    codebook = np.array(
        [[9, 9], [2, 0], [0, 1], [5, 5], [0, 1], [0, -1], [1, 0], [7, 7], [0, 1], [8, 8], [1, 0], [3, 3]]
    )
    made.codebook.codebook.assign(codebook.astype(np.float32))
    rng = np.random.default_rng(0)
    x = np.concatenate([[[0, 0]], rng.integers(-3, 9, size=(500, 2))]).astype(np.float32)
    best, second = (np.asarray(unit) for unit in made.codebook.two_best(x))
    assert (best[0], second[0]) == (2, 4)
    expected = best_matching_units(x, codebook)
    np.testing.assert_array_equal(best, expected[0])
    np.testing.assert_array_equal(second, expected[1])
    np.testing.assert_array_equal(made(x), expected[0])


@pytest.mark.parametrize("last", [1, 4])
def test_resumed_equals_undisturbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: int) -> None:
    settings, train, validation = config(epochs=7, batch_size=20, height=None, width=None), part(0), part(1)

    def learn(folder: Path, events: TrainingEvents) -> Trained:
        network, history = trained(folder, settings, train, validation, events)
        return network.get_weights(), history

    check_resumed_equals_undisturbed(learn, tmp_path, monkeypatch, last)


def test_a_saved_map_is_the_same(tmp_path: Path) -> None:
    settings = config(height=None, width=None, lattice="hexagonal")
    made, _ = trained(tmp_path / "state", settings, part(0), part(1))
    dataset = ModelDataset(filepath=str(tmp_path / "network"))
    dataset.save(made)
    loaded = dataset.load()
    assert loaded.lattice == made.lattice
    np.testing.assert_array_equal(codebook_of(loaded), codebook_of(made))


@pytest.mark.parametrize(("rows", "features"), [(2, 1), (15, 1), (300, 3), (40, 200)])
@pytest.mark.parametrize("form", [{}, {"lattice": "hexagonal", "toroidal": True}, {"start": "sample"}])
def test_any_data_make_a_map(tmp_path: Path, rows: int, features: int, form: dict[str, Any]) -> None:
    settings = config(height=None, width=None, **form)
    made, history = trained(tmp_path, settings, part(0, rows, features), part(1, 20, features))
    assert np.isfinite(codebook_of(made)).all()
    assert np.isfinite(history.to_numpy()).all()
    assert made.lattice.units == pytest.approx(20 * rows**0.5, rel=0.2)


def test_units_without_examples_answer_like_their_neighbours() -> None:
    influence = np.exp(-0.5 * (Lattice(1, 5).distances() / 1.0) ** 2)
    table = unit_answers(np.array([0, 0, 4]), np.array([0, 0, 1]), influence, 3, 0.1)
    np.testing.assert_allclose(table.sum(axis=1), 1, atol=1e-6)
    assert (table > 0).all()
    assert (table < 1).all()
    assert table[1].argmax() == 0
    assert table[3].argmax() == 1
    means = unit_answers(np.array([0, 4]), np.array([-1.0, 3.0], np.float32), influence, 1, 1e-6)[:, 0]
    assert (np.diff(means) > 0).all()
    assert means[0] == pytest.approx(-1, abs=0.01)


def test_the_answer_is_that_of_the_best_unit(tmp_path: Path) -> None:
    settings, train, validation = config(), part(0), part(1)
    made, _ = trained(tmp_path, settings, train, validation)
    model, summary = fit_head(
        made, TrainingSummary(family="som", parameters=1, train_seconds=0), train, validation, spec(), PROBLEM
    )
    table = model.get_layer("answers").get_weights()[0]
    np.testing.assert_allclose(
        predict_outputs(model, validation.x), table[best_matching_units(validation.x, codebook_of(made))[0]]
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
