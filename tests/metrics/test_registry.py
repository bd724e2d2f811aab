"""Every metric against scikit-learn, undefined values, and the registry itself."""

import subprocess
import sys

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from sakon.figures import style
from sakon.metrics import (
    METRICS,
    Metric,
    bootstrap_metric,
    compute_scores,
    default_metric,
    format_metric,
    metrics_for,
    problem_metric,
    registry,
)
from sakon.metrics.statistic import weighted_mean
from sakon.problem import InputSpec, Problem

CLASSES = ("classification",)


@st.composite
def predictions(draw, min_classes=2, max_classes=5):
    """Draw (targets, probabilities), coarse enough for ties in scores and in the most probable class."""
    classes = draw(st.integers(min_classes, max_classes))
    rows = draw(st.integers(1, 30))
    seed = draw(st.integers(0, 2**32 - 1))
    levels = draw(st.sampled_from([2, 4, 1000]))
    generator = np.random.default_rng(seed)
    weights = generator.integers(0, levels, size=(rows, classes)) + 1e-9
    targets = generator.integers(0, draw(st.integers(1, classes)), size=rows)
    return targets, weights / weights.sum(axis=1, keepdims=True)


@st.composite
def regression_predictions(draw):
    """Draw (targets, predictions) of a regression at any scale and offset."""
    rows = draw(st.integers(2, 30))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale, offset = draw(st.sampled_from([1e-3, 1.0, 1e6])), draw(st.sampled_from([0.0, -5.0, 1e4]))
    targets = generator.normal(size=rows) * scale + offset
    return targets, targets + generator.normal(size=rows) * scale


def one_versus_rest(function, targets, probabilities, positive=None):
    """Average a scikit-learn ranking metric over the classes with both positive and negative rows."""
    classes = probabilities.shape[1]
    indices = [classes - 1 if positive is None else positive] if classes == 2 else range(classes)
    defined = [index for index in indices if 0 < np.sum(targets == index) < len(targets)]
    values = [function(targets == index, probabilities[:, index]) for index in defined]
    return np.mean(values) if values else np.nan


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
@pytest.mark.filterwarnings("ignore:A single label was found")
@given(predictions())
def test_classification_metrics_equal_scikit_learn(drawn):
    targets, probabilities = drawn
    predicted = probabilities.argmax(axis=1)
    expected = {
        "accuracy": sklearn.metrics.accuracy_score(targets, predicted),
        "balanced_accuracy": sklearn.metrics.balanced_accuracy_score(targets, predicted),
        "f1_macro": sklearn.metrics.f1_score(targets, predicted, average="macro"),
    }
    result = {name: METRICS[name](targets, probabilities) for name in expected}
    assert result == pytest.approx(expected)


@given(predictions())
def test_log_loss_equals_scikit_learn_in_single_and_double_precision(drawn):
    targets, probabilities = drawn
    single = probabilities.astype(np.float32)
    labels = np.arange(probabilities.shape[1])
    expected = sklearn.metrics.log_loss(targets, y_proba=single, labels=labels)
    assert METRICS["log_loss"](targets, single) == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert METRICS["log_loss"](targets, probabilities) == pytest.approx(expected, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "function"),
    [("roc_auc", sklearn.metrics.roc_auc_score), ("pr_auc", sklearn.metrics.average_precision_score)],
)
@given(drawn=predictions())
def test_areas_equal_scikit_learn(name, function, drawn):
    targets, probabilities = drawn
    expected = one_versus_rest(function, targets, probabilities)
    assert METRICS[name](targets, probabilities) == pytest.approx(expected, nan_ok=True)


@given(drawn=predictions(max_classes=2), positive=st.sampled_from([0, 1]))
def test_metrics_of_two_classes_use_the_positive_class(drawn, positive):
    targets, probabilities = drawn
    roc = one_versus_rest(sklearn.metrics.roc_auc_score, targets, probabilities, positive)
    f1 = sklearn.metrics.f1_score(targets, probabilities.argmax(axis=1), pos_label=positive, zero_division=np.nan)
    assert METRICS["roc_auc"](targets, probabilities, positive) == pytest.approx(roc, nan_ok=True)
    assert METRICS["f1"](targets, probabilities, positive) == pytest.approx(f1, nan_ok=True)


def test_multi_class_roc_auc_equals_scikit_learn_macro_average():
    generator = np.random.default_rng(0)
    targets = generator.integers(0, 4, size=200)
    probabilities = generator.dirichlet(np.ones(4), size=200)
    expected = sklearn.metrics.roc_auc_score(targets, probabilities, multi_class="ovr", average="macro")
    assert METRICS["roc_auc"](targets, probabilities) == pytest.approx(expected)


@given(regression_predictions())
def test_regression_metrics_equal_scikit_learn(drawn):
    expected = {
        "mae": sklearn.metrics.mean_absolute_error(*drawn),
        "rmse": sklearn.metrics.root_mean_squared_error(*drawn),
        "r2": sklearn.metrics.r2_score(*drawn),
    }
    result = {name: METRICS[name](*drawn) for name in expected}
    assert result == pytest.approx(expected, rel=1e-6)


def test_log_loss_of_a_confident_error_does_not_depend_on_precision():
    wrong = np.array([[1.0, 0.0]])
    in_double = METRICS["log_loss"](np.array([1]), wrong)
    assert in_double == METRICS["log_loss"](np.array([1]), wrong.astype(np.float32))
    assert in_double == pytest.approx(-np.log(np.finfo(np.float32).eps))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", METRICS)
def test_metric_is_nan_without_rows_or_with_nan_predictions(name):
    shape = (2,) if "classification" not in METRICS[name].tasks else (2, 2)
    outputs = np.full(shape, 0.5)
    assert np.isnan(METRICS[name](np.zeros(0, dtype=int), outputs[:0]))
    outputs[0] = np.nan
    assert np.isnan(METRICS[name](np.array([0, 1]), outputs))


def test_a_metric_is_not_built_without_rows():
    def scaled(targets, predictions, positive):
        return weighted_mean(targets / targets.max())

    assert np.isnan(Metric("scaled", "Scaled", ("regression",), False, scaled)(np.empty(0), np.empty(0)))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("name", "targets", "outputs"),
    [
        ("roc_auc", [1, 1], [[0.2, 0.8], [0.4, 0.6]]),
        ("pr_auc", [0, 0], [[0.2, 0.8], [0.4, 0.6]]),
        ("pr_auc", [1, 1], [[0.2, 0.8], [0.4, 0.6]]),
        ("f1", [0, 0], [[0.8, 0.2], [0.6, 0.4]]),
        ("f1", [0, 1], [[0.5, 0.3, 0.2], [0.1, 0.8, 0.1]]),
        ("f1", [0, 0], [[1.0], [1.0]]),
        ("r2", [0.1, 0.1, 0.1], [1.0, 2.0, 3.0]),
    ],
)
def test_undefined_metric_is_nan_without_a_warning(name, targets, outputs):
    assert np.isnan(METRICS[name](np.array(targets), np.array(outputs)))


def test_areas_are_averaged_over_the_classes_that_occur():
    targets = np.array([0, 0, 1, 1])  # class 2 is absent
    probabilities = np.array([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.3, 0.4, 0.3], [0.1, 0.8, 0.1]])
    # class 0: 0.6 > 0.3 and 0.1, 0.2 > 0.1 only: 3/4; class 1: 0.4 > 0.3, 0.8 > both: 3/4
    assert METRICS["roc_auc"](targets, probabilities) == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("name", "targets", "outputs", "positive", "message"),
    [
        ("accuracy", [0, 1], [0.1, 0.9], None, r"found \(2,\) and \(2,\)"),
        ("accuracy", [0, 1], [[0.1, 0.9]], None, r"found \(2,\) and \(1, 2\)"),
        ("accuracy", [0], [[0.1, 0.9]] * 2, None, r"found \(1,\) and \(2, 2\)"),
        ("accuracy", [0, 1], [[[0.1, 0.9]]] * 2, None, r"found \(2,\) and \(2, 1, 2\)"),
        ("accuracy", 0, [[0.1, 0.9]], None, r"found \(\) and \(1, 2\)"),
        ("accuracy", [0, 2], [[0.1, 0.9]] * 2, None, r"class indices in 0…1, found 0 to 2"),
        ("accuracy", [0, 3], [[0.1, 0.9]] * 2, None, r"class indices in 0…1, found 0 to 3"),
        ("accuracy", [-1, 1], [[0.1, 0.9]] * 2, None, r"class indices in 0…1, found -1 to 1"),
        ("accuracy", [[0], [1]], [[0.1, 0.9]] * 2, None, r"found \(2, 1\) and \(2, 2\)"),
        ("roc_auc", [0, 1], [[0.1, 0.9]] * 2, 2, r"positive class in 0…1, found 2"),
        ("roc_auc", [0, 1], [[0.1, 0.9]] * 2, 3, r"positive class in 0…1, found 3"),
        ("roc_auc", [0, 1], [[0.1, 0.9]] * 2, -1, r"positive class in 0…1, found -1"),
        ("rmse", 1.0, 1.0, None, r"rmse: expected .* found \(\) and \(\)"),
        ("rmse", [0.0, 1.0], [0.0], None, r"rmse: expected .* found \(2,\) and \(1,\)"),
        ("rmse", [[0.0], [1.0]], [[0.0], [1.0]], None, r"rmse: expected .* found \(2, 1\) and \(2, 1\)"),
        ("rmse", [0.0, 1.0], [[0.0], [1.0]], None, r"rmse: expected .* found \(2,\) and \(2, 1\)"),
    ],
)
def test_shapes_that_do_not_match_raise(name, targets, outputs, positive, message):
    with pytest.raises(ValueError, match=message):
        METRICS[name](np.array(targets), np.array(outputs), positive)


def test_compute_scores_returns_every_defined_metric():
    two = compute_scores("classification", np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]]))
    assert set(two) == {metric.name for metric in metrics_for("classification")}
    assert two["f1"] == two["roc_auc"] == 1.0
    f1 = [
        compute_scores("classification", np.array([0, 0, 0, 1]), np.eye(2)[[0, 0, 1, 1]], each)["f1"] for each in (0, 1)
    ]
    assert f1 == pytest.approx([4 / 5, 2 / 3])
    three = compute_scores("classification", np.array([0, 1, 2]), np.eye(3))
    assert set(two) - set(three) == {"f1"}
    assert compute_scores("regression", np.array([1.0, 3.0]), np.array([2.0, 2.0])) == {
        "mae": 1.0,
        "rmse": 1.0,
        "r2": 0.0,
    }


@pytest.mark.parametrize(
    ("task", "names"),
    [
        (
            "classification",
            "accuracy balanced_accuracy f1_macro f1 log_loss roc_auc pr_auc expected_calibration_error",
        ),
        ("regression", "mae rmse r2"),
        ("forecast", "mae rmse smape"),
    ],
)
def test_metrics_for_a_task_are_registered_under_their_names(task, names):
    assert [metric.name for metric in metrics_for(task)] == names.split()
    assert all(METRICS[metric.name] is metric for metric in metrics_for(task))
    assert [metric.name for metric in metrics_for(task) if task in metric.default_for] == [default_metric(task)]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.25, "0.2500"),
        (-1.00006, "-1.0001"),
        (999.99996, "1000.0000"),
        (1000, "1,000"),
        (-1000.4, "-1,000"),
        (1234567.8, "1,234,568"),
    ],
)
def test_values_are_formatted_with_four_or_no_decimals(value, text):
    assert format_metric(value) == text


@pytest.mark.parametrize("name", METRICS)
def test_greater_is_better_tells_the_direction(name):
    metric = METRICS[name]
    if "classification" in metric.tasks:
        targets, perfect, wrong = np.array([0, 1]), np.eye(2), np.eye(2)[::-1]
    else:
        targets, perfect, wrong = np.array([0.0, 1.0]), np.array([0.0, 1.0]), np.array([1.0, 0.0])
    gain = metric(targets, perfect) - metric(targets, wrong)
    assert (gain > 0) is metric.greater_is_better


def test_import_is_light():
    code = "import sys, sakon.metrics; print({'pandas', 'sklearn', 'scipy', 'keras'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"


@pytest.mark.parametrize("name", [name for name in METRICS if METRICS[name].labels_only])
@given(drawn=predictions(max_classes=2))
def test_labels_only_metrics_ignore_probabilities(name, drawn):
    targets, probabilities = drawn
    certain = np.eye(2)[probabilities.argmax(axis=1)]
    assert METRICS[name](targets, probabilities) == pytest.approx(METRICS[name](targets, certain), nan_ok=True)


@pytest.mark.parametrize("name", [name for name in METRICS if "classification" in METRICS[name].tasks])
def test_other_metrics_depend_on_probabilities(name):
    metric = METRICS[name]
    generator = np.random.default_rng(0)
    targets, probabilities = generator.integers(2, size=50), generator.dirichlet([1, 1], size=50)
    certain = np.eye(2)[probabilities.argmax(axis=1)]
    assert (metric(targets, probabilities) == metric(targets, certain)) is metric.labels_only


@pytest.mark.parametrize("name", METRICS)
def test_metrics_are_defined_for_three_classes_unless_they_are_binary_only(name):
    metric = METRICS[name]
    if "classification" in metric.tasks:
        assert np.isnan(metric(np.arange(3), np.eye(3))) == metric.binary_only
    else:
        assert not metric.binary_only
        assert not metric.labels_only


def test_a_metric_added_to_the_registry_needs_no_other_change(monkeypatch):
    def error_rate(targets, probabilities, positive):
        return weighted_mean(probabilities.argmax(axis=1) != targets)

    monkeypatch.setitem(registry._METRICS, "error_rate", Metric("error_rate", "Errors", CLASSES, False, error_rate))
    targets, probabilities = np.array([0, 1]), np.array([[0.9, 0.1], [0.8, 0.2]])
    assert compute_scores("classification", targets, probabilities)["error_rate"] == 0.5
    assert bootstrap_metric(METRICS["error_rate"], targets, probabilities, resamples=3).shape == (3,)
    assert style.metric_label("error_rate") == "Errors"
    problem = Problem(kind="tabular", target="y", metric="error_rate")
    input_spec = InputSpec(kind="tabular", task="classification", shape=(1,), classes=(0, 1))
    assert problem_metric(input_spec, problem).name == "error_rate"
