"""Every metric against scikit-learn, and what it says where it is undefined."""

import subprocess
import sys

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from sakon.metrics import METRICS, compute_scores, default_metric, metrics_for


@st.composite
def predictions(draw, min_classes=2, max_classes=5):
    """Draw (actual, probabilities), coarse enough for ties in scores and in the most probable class."""
    classes = draw(st.integers(min_classes, max_classes))
    rows = draw(st.integers(1, 30))
    seed = draw(st.integers(0, 2**32 - 1))
    levels = draw(st.sampled_from([2, 4, 1000]))
    generator = np.random.default_rng(seed)
    weights = generator.integers(0, levels, size=(rows, classes)) + 1e-9
    actual = generator.integers(0, draw(st.integers(1, classes)), size=rows)
    return actual, weights / weights.sum(axis=1, keepdims=True)


@st.composite
def estimates(draw):
    """Draw (actual, predicted) of a regression at any scale and offset."""
    rows = draw(st.integers(2, 30))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale, offset = draw(st.sampled_from([1e-3, 1.0, 1e6])), draw(st.sampled_from([0.0, -5.0, 1e4]))
    actual = generator.normal(size=rows) * scale + offset
    return actual, actual + generator.normal(size=rows) * scale


def one_against_rest(function, actual, probabilities, positive=None):
    """Average a scikit-learn ranking metric over the classes that are neither absent nor alone."""
    classes = probabilities.shape[1]
    chosen = [classes - 1 if positive is None else positive] if classes == 2 else range(classes)
    defined = [index for index in chosen if 0 < np.sum(actual == index) < len(actual)]
    figures = [function(actual == index, probabilities[:, index]) for index in defined]
    return np.mean(figures) if figures else np.nan


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
@pytest.mark.filterwarnings("ignore:A single label was found")
@given(predictions())
def test_class_metrics_equal_scikit_learn(drawn):
    actual, probabilities = drawn
    predicted = probabilities.argmax(axis=1)
    expected = {
        "accuracy": sklearn.metrics.accuracy_score(actual, predicted),
        "balanced_accuracy": sklearn.metrics.balanced_accuracy_score(actual, predicted),
        "f1_macro": sklearn.metrics.f1_score(actual, predicted, average="macro"),
    }
    found = {name: METRICS[name](actual, probabilities) for name in expected}
    assert found == pytest.approx(expected)


@given(predictions())
def test_log_loss_equals_scikit_learn_in_either_precision(drawn):
    actual, probabilities = drawn
    single = probabilities.astype(np.float32)
    labels = np.arange(probabilities.shape[1])
    expected = sklearn.metrics.log_loss(actual, y_proba=single, labels=labels)
    assert METRICS["log_loss"](actual, single) == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert METRICS["log_loss"](actual, probabilities) == pytest.approx(expected, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "function"),
    [("roc_auc", sklearn.metrics.roc_auc_score), ("pr_auc", sklearn.metrics.average_precision_score)],
)
@given(drawn=predictions())
def test_areas_equal_scikit_learn(name, function, drawn):
    actual, probabilities = drawn
    expected = one_against_rest(function, actual, probabilities)
    assert METRICS[name](actual, probabilities) == pytest.approx(expected, nan_ok=True)


@given(drawn=predictions(max_classes=2), positive=st.sampled_from([0, 1]))
def test_two_classes_are_measured_on_the_positive_one(drawn, positive):
    actual, probabilities = drawn
    roc = one_against_rest(sklearn.metrics.roc_auc_score, actual, probabilities, positive)
    f1 = sklearn.metrics.f1_score(actual, probabilities.argmax(axis=1), pos_label=positive, zero_division=np.nan)
    assert METRICS["roc_auc"](actual, probabilities, positive) == pytest.approx(roc, nan_ok=True)
    assert METRICS["f1"](actual, probabilities, positive) == pytest.approx(f1, nan_ok=True)


def test_multi_class_roc_auc_equals_scikit_learns_own_average():
    generator = np.random.default_rng(0)
    actual = generator.integers(0, 4, size=200)
    probabilities = generator.dirichlet(np.ones(4), size=200)
    expected = sklearn.metrics.roc_auc_score(actual, probabilities, multi_class="ovr", average="macro")
    assert METRICS["roc_auc"](actual, probabilities) == pytest.approx(expected)


@given(estimates())
def test_regression_metrics_equal_scikit_learn(drawn):
    expected = {
        "mae": sklearn.metrics.mean_absolute_error(*drawn),
        "rmse": sklearn.metrics.root_mean_squared_error(*drawn),
        "r2": sklearn.metrics.r2_score(*drawn),
    }
    found = {name: METRICS[name](*drawn) for name in expected}
    assert found == pytest.approx(expected, rel=1e-6)


def test_a_certain_mistake_costs_the_same_in_either_precision():
    mistake = np.array([[1.0, 0.0]])
    in_double = METRICS["log_loss"](np.array([1]), mistake)
    assert in_double == METRICS["log_loss"](np.array([1]), mistake.astype(np.float32))
    assert in_double == pytest.approx(-np.log(np.finfo(np.float32).eps))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", METRICS)
def test_no_row_or_a_diverged_output_is_nan(name):
    shape = (2,) if "classification" not in METRICS[name].tasks else (2, 2)
    outputs = np.full(shape, 0.5)
    assert np.isnan(METRICS[name](np.zeros(0, dtype=int), outputs[:0]))
    outputs[0] = np.nan
    assert np.isnan(METRICS[name](np.array([0, 1]), outputs))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("name", "actual", "outputs"),
    [
        ("roc_auc", [1, 1], [[0.2, 0.8], [0.4, 0.6]]),
        ("pr_auc", [0, 0], [[0.2, 0.8], [0.4, 0.6]]),
        ("pr_auc", [1, 1], [[0.2, 0.8], [0.4, 0.6]]),
        ("f1", [0, 0], [[0.8, 0.2], [0.6, 0.4]]),
        ("f1", [0, 1], [[0.5, 0.3, 0.2], [0.1, 0.8, 0.1]]),
        ("r2", [0.1, 0.1, 0.1], [1.0, 2.0, 3.0]),
    ],
)
def test_undefined_is_nan_without_a_warning(name, actual, outputs):
    assert np.isnan(METRICS[name](np.array(actual), np.array(outputs)))


def test_areas_average_over_the_classes_present():
    actual = np.array([0, 0, 1, 1])  # class 2 is absent
    probabilities = np.array([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.3, 0.4, 0.3], [0.1, 0.8, 0.1]])
    # class 0: 0.6 beats 0.3 and 0.1, 0.2 beats 0.1 only: 3/4; class 1: 0.4 > 0.3, 0.8 > both: 3/4
    assert METRICS["roc_auc"](actual, probabilities) == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("name", "actual", "outputs", "positive", "message"),
    [
        ("accuracy", [0, 1], [0.1, 0.9], None, r"found \(2,\) and \(2,\)"),
        ("accuracy", [0, 1], [[0.1, 0.9]], None, r"found \(2,\) and \(1, 2\)"),
        ("accuracy", [0, 2], [[0.1, 0.9]] * 2, None, r"class indices in 0…1, found 0 to 2"),
        ("roc_auc", [0, 1], [[0.1, 0.9]] * 2, 2, r"positive class in 0…1, found 2"),
        ("rmse", [0.0, 1.0], [[0.0], [1.0]], None, r"rmse: expected .* found \(2,\) and \(2, 1\)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(name, actual, outputs, positive, message):
    with pytest.raises(ValueError, match=message):
        METRICS[name](np.array(actual), np.array(outputs), positive)


def test_scores_are_all_that_is_defined():
    two = compute_scores("classification", np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]]))
    assert set(two) == {metric.name for metric in metrics_for("classification")}
    assert two["f1"] == two["roc_auc"] == 1.0
    three = compute_scores("classification", np.array([0, 1, 2]), np.eye(3))
    assert set(two) - set(three) == {"f1"}
    assert compute_scores("regression", np.array([1.0, 3.0]), np.array([2.0, 2.0])) == {
        "mae": 1.0,
        "rmse": 1.0,
        "r2": 0.0,
    }


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_every_metric_is_listed_under_its_own_name_and_task(task):
    assert all(METRICS[metric.name] is metric for metric in metrics_for(task))
    assert default_metric(task) in {metric.name for metric in metrics_for(task)}


@pytest.mark.parametrize("name", METRICS)
def test_a_perfect_prediction_beats_a_wrong_one_the_way_the_metric_says(name):
    metric = METRICS[name]
    if "classification" in metric.tasks:
        actual, perfect, wrong = np.array([0, 1]), np.eye(2), np.eye(2)[::-1]
    else:
        actual, perfect, wrong = np.array([0.0, 1.0]), np.array([0.0, 1.0]), np.array([1.0, 0.0])
    gain = metric(actual, perfect) - metric(actual, wrong)
    assert (gain > 0) is metric.greater_is_better


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, sakon.metrics; print({'pandas', 'sklearn', 'scipy', 'keras'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"
