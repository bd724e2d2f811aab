"""Predicted against actual, and residuals."""

import numpy as np
import pytest

from sakon.figures import style
from sakon.figures.regression import MAX_POINTS, predicted_against_actual, residuals


@pytest.fixture
def values():
    generator = np.random.default_rng(0)
    actual = generator.normal(size=MAX_POINTS + 500)
    return actual, {"mlp": actual + 1.0, "cnn": actual - generator.random(len(actual))}


def test_points_diagonal_and_axis_titles():
    actual = np.array([1.0, 2.0, 4.0])
    figure = predicted_against_actual(actual, {"mlp": np.array([1.5, 1.5, 5.0])}, "kWh")
    points, diagonal = figure.data
    assert (list(points.x), list(points.y)) == ([1.0, 2.0, 4.0], [1.5, 1.5, 5.0])
    assert list(diagonal.x) == list(diagonal.y) == [1.0, 5.0]
    assert figure.layout.xaxis.title.text == "Actual (kWh)"
    assert figure.layout.yaxis.title.text == "Predicted (kWh)"
    assert figure.layout.annotations[0].text == "<b>mlp</b><br>MAE 0.667"


def test_axis_title_without_a_unit():
    figure = predicted_against_actual(np.ones(2), {"mlp": np.ones(2)}, "")
    assert figure.layout.xaxis.title.text == "Actual"


def test_every_family_shows_the_same_sample_of_rows(values):
    actual, predictions = values
    figure = predicted_against_actual(actual, predictions, "kWh")
    points = {trace.name: trace for trace in figure.data if trace.mode == "markers"}
    assert len(points["mlp"].x) == MAX_POINTS
    assert np.array_equal(points["mlp"].x, points["cnn"].x)
    assert points["mlp"].y == pytest.approx(points["mlp"].x + 1.0)
    assert "2,000 of 2,500 rows" in figure.layout.title.text
    assert figure == predicted_against_actual(actual, predictions, "kWh")
    assert points["cnn"].marker.color == style.family_colours(["cnn"])["cnn"]


def test_residuals_are_actual_minus_predicted_with_the_mean_of_all_rows(values):
    actual, predictions = values
    figure = residuals(actual, predictions, "kWh")
    violins = {trace.name: trace for trace in figure.data}
    assert violins["mlp"].x == pytest.approx(np.full(MAX_POINTS, -1.0))
    assert set(violins["cnn"].y) == {"cnn"}
    errors = actual - predictions["cnn"]
    annotations = {note.y: note.text for note in figure.layout.annotations}
    assert annotations["cnn"] == f"<b>{errors.mean():.3f}</b> ± {errors.std():.3f}"
    assert figure.layout.xaxis.title.text == "Actual − predicted (kWh)"


@pytest.mark.filterwarnings("error")
def test_non_finite_predictions_do_not_affect_other_families():
    actual = np.array([1.0, 2.0])
    predictions = {"mlp": np.array([1.0, 3.0]), "gan": np.array([np.inf, np.nan])}
    diagonal = predicted_against_actual(actual, predictions, "").data[1]
    assert len(residuals(actual, predictions, "").data) == 2
    assert list(diagonal.x) == [1.0, 3.0]


@pytest.mark.parametrize("draw", [predicted_against_actual, residuals])
def test_without_families_the_figure_states_it(draw):
    assert "No family" in draw(np.empty(0), {}, "kWh").layout.annotations[0].text
