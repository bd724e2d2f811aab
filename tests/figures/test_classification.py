"""Confusion matrices and reliability diagrams."""

import numpy as np
import pytest

from sakon.figures import style
from sakon.figures.classification import confusion_matrices, reliability_diagram
from sakon.metrics import reliability


def test_matrix_shows_share_of_the_actual_class_and_counts():
    figure = confusion_matrices({"mlp": np.array([[3, 1], [0, 1200]])}, ["no", "yes"])
    heatmap = figure.data[0]
    assert heatmap.z.tolist() == [[0.75, 0.25], [0.0, 1.0]]
    assert [list(row) for row in heatmap.text] == [["3", "1"], ["0", "1,200"]]
    assert heatmap.texttemplate
    assert list(heatmap.x) == list(heatmap.y) == ["no", "yes"]
    assert figure.layout.yaxis.autorange == "reversed"  # the first class on top, correct predictions on the diagonal
    assert "actual %{y}, predicted %{x}" in heatmap.hovertemplate


@pytest.mark.filterwarnings("error")
def test_shares_of_a_class_without_rows_are_zero():
    figure = confusion_matrices({"mlp": np.array([[0, 0], [1, 1]])}, ["no", "yes"])
    assert figure.data[0].z.tolist() == [[0.0, 0.0], [0.5, 0.5]]


def test_panel_titles_show_family_and_accuracy():
    matrices = {"mlp": np.eye(2) * 5, "a_family_with_a_really_long_name": np.ones((2, 2))}
    titles = [note.text for note in confusion_matrices(matrices, ["no", "yes"]).layout.annotations]
    assert titles == ["<b>mlp</b><br>accuracy 100.0%", "<b>a_family_with_a_really_…</b><br>accuracy 50.0%"]


def test_ten_families_enlarge_the_figure_and_label_outer_axes_only():
    figure = confusion_matrices({f"f{index}": np.eye(10) for index in range(10)}, [str(i) for i in range(10)])
    assert len(figure.data) == 10
    assert figure.layout.height > 2 * style.HEIGHT
    labelled = [axis.title.text for axis in figure.select_xaxes() if axis.title.text]
    assert labelled == ["Predicted"] * 3  # the last panel of each of three columns
    assert sum(axis.title.text == "Actual" for axis in figure.select_yaxes()) == 4


def test_counts_of_many_classes_are_not_written():
    assert confusion_matrices({"mlp": np.eye(13)}, [str(i) for i in range(13)]).data[0].texttemplate is None


def test_without_families_the_figure_states_it():
    assert "No family" in confusion_matrices({}, ["a"]).layout.annotations[0].text
    assert "No family" in reliability_diagram({}).layout.annotations[0].text
    empty = reliability(np.zeros(0, dtype=int), np.zeros((0, 2)))
    assert "No family" in reliability_diagram({"mlp": empty}).layout.annotations[0].text


def test_reliability_diagram_shows_curves_and_calibration_errors():
    generator = np.random.default_rng(0)
    probabilities = generator.dirichlet(np.ones(3), size=200)
    curves = {family: reliability(generator.integers(0, 3, size=200), probabilities) for family in ("mlp", "cnn")}
    figure = reliability_diagram(curves)
    titles = [annotation.text for annotation in figure.layout.annotations]
    for number, (family, curve) in enumerate(curves.items()):
        diagonal, line = figure.data[2 * number : 2 * number + 2]
        assert list(diagonal.x) == list(diagonal.y) == [0, 1]
        assert np.array_equal(line.x, curve.confidence, equal_nan=True)
        assert np.array_equal(line.y, curve.accuracy, equal_nan=True)
        assert f"ECE {curve.expected_calibration_error:.3f}" in titles[number]
        assert line.line.color == style.family_colours([family])[family]


def test_marker_area_is_proportional_to_rows():
    probabilities = np.array([[0.95, 0.05]] * 75 + [[0.6, 0.4]] * 25)
    line = reliability_diagram({"mlp": reliability(np.zeros(100, dtype=int), probabilities)}).data[1]
    few, many = line.marker.size[line.customdata > 0]
    assert (many / few) ** 2 == pytest.approx(3)


def test_axis_starts_at_the_lowest_confidence():
    curve = reliability(np.array([0, 1]), np.array([[0.9, 0.1], [0.25, 0.75]]))
    assert reliability_diagram({"mlp": curve}).layout.xaxis.range[0] == pytest.approx(0.67)


def test_of_many_classes_the_most_confused_are_drawn():
    counts = np.eye(800, dtype=int) * 3
    for actual in range(100, 135):
        counts[actual, actual] -= 1
        counts[actual, actual + 1] += 1
    counts[700] = 0  # a class without rows
    figure = confusion_matrices({"mlp": counts, "cnn": np.eye(800)}, [f"k{index}" for index in range(800)])
    heatmap = figure.data[0]
    assert len(heatmap.y) == 30
    assert set(heatmap.y) <= {f"k{index}" for index in range(100, 136)}
    assert [*heatmap.y, "other classes"] == list(heatmap.x)
    np.testing.assert_allclose(np.sum(heatmap.z, axis=1), 1)  # shares of all rows of the class
    assert np.asarray(heatmap.z)[0, 0] == pytest.approx(2 / 3)
    assert "the 30 of 800 classes with the most errors" in figure.layout.to_plotly_json()["title"]["text"]
    assert "accuracy 98.5%" in figure.layout.annotations[0].text  # of all classes
    assert len(figure.to_json()) < 200_000


def test_fifty_classes_are_all_drawn():
    assert len(confusion_matrices({"mlp": np.eye(50)}, [str(index) for index in range(50)]).data[0].x) == 50
