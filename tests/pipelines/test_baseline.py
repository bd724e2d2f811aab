"""The baseline with many classes, and with columns of any name."""

from __future__ import annotations

import numpy as np
import pytest
from listeners import StopAfter
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression

from sakon.pipelines.baseline import explanation, nodes
from sakon.pipelines.baseline.config import Config
from sakon.problem import Examples, InputSpec, Problem
from sakon.training.events import TrainingEvents, TrainingId, TrainingListener

PROBLEM = Problem(kind="tabular", target="t")


class ProgressRecorder(TrainingListener):
    def __init__(self) -> None:
        self.total = self.done = 0

    def on_train_begin(self, training: TrainingId, total: int, done: int, unit: str) -> None:
        self.total = total

    def on_train_end(self, training: TrainingId, epochs: int) -> None:
        self.done = epochs


def examples(classes: int, rows_per_class: int) -> Examples:
    y = np.repeat(np.arange(classes, dtype=np.int32), rows_per_class)
    return Examples(np.stack([y, -y], axis=1).astype(np.float32), y, np.arange(len(y)))


def spec(classes: int) -> InputSpec:
    labels = tuple(f"c{number:03d}" for number in range(classes))
    return InputSpec(
        kind="tabular", task="classification", shape=(2,), features=("output", "coefficient"), classes=labels
    )


@pytest.mark.parametrize(("most", "boosted"), [(11, False), (12, True)])
def test_many_classes_are_not_boosted_and_the_summary_says_so(most: int, boosted: bool) -> None:
    events, recorder = TrainingEvents(), ProgressRecorder()
    events.subscribe(recorder)
    config = Config(trees=2, regularization=(1.0, 10.0), max_boosted_classes=most)
    train, validation = examples(12, 4), examples(12, 1)
    _, _, coefficients, history, summary = nodes.fit(train, validation, spec(12), config, PROBLEM, events)
    assert ("gradient_boosting" in set(history["candidate"])) is boosted
    assert summary.candidate.endswith("; no boosting of 12 classes") is not boosted
    assert recorder.total == recorder.done == 3 + boosted
    assert set(coefficients["input"]) == {"output", "coefficient"}
    assert len(coefficients) == 24


@pytest.mark.parametrize(
    ("models", "candidates", "expected"),
    [
        (0, ["naive", "linear"], "2 of 4 models"),
        (3, ["naive", "linear"], "3 of 4 models"),
        (4, ["naive", "linear", "gradient_boosting"], ""),
    ],
)
def test_the_naive_and_a_linear_model_are_fitted_in_any_case(models: int, candidates: list[str], expected: str) -> None:
    events = TrainingEvents()
    events.subscribe(StopAfter(models))
    config = Config(trees=2, regularization=(1.0, 10.0))
    _, _, _, history, summary = nodes.fit(examples(3, 9), examples(3, 3), spec(3), config, PROBLEM, events)
    assert list(history["candidate"]) == candidates
    assert summary.stopped_after == expected
    assert "no boosting" not in summary.note


def test_coefficients_belong_to_their_input_and_output() -> None:
    class Linear:
        coef_ = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])

    table = nodes._coefficients(Linear(), spec(3))
    assert table["output"].tolist() == ["c000", "c001", "c002"] * 2
    assert table["input"].tolist() == ["output"] * 3 + ["coefficient"] * 3
    assert table["coefficient"].tolist() == [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]


@pytest.mark.parametrize(
    ("inputs", "cost", "rows", "expected"),
    [
        (10, 100, 300, (300, 5)),
        (10, 100, 5000, (1000, 5)),
        (64, 100_640, 300, (155, 2)),  # a thousand trees: fewer shuffles, and fewer rows
        (64, 30_640, 300, (300, 3)),
        (2000, 1_600_000, 800, (50, 2)),
    ],
)
def test_fewer_shuffles_and_rows_are_predicted_where_predictions_are_expensive(
    inputs: int, cost: int, rows: int, expected: tuple[int, int]
) -> None:
    plan = explanation.plan_explanation(inputs, cost, rows, repeats=5)
    assert (plan.rows, plan.repeats) == expected
    if plan != explanation.ExplanationPlan(explanation.MIN_ROWS, explanation.MIN_REPEATS):
        assert inputs * cost * plan.rows * plan.repeats <= explanation.MAX_COST


def test_a_single_shuffle_stays_a_single_one() -> None:
    assert explanation.plan_explanation(10**5, 10**6, 200, repeats=1).repeats == 1


def test_cost_of_a_prediction_counts_every_tree() -> None:
    x = np.random.default_rng(0).normal(size=(60, 3))
    boosted = HistGradientBoostingClassifier(max_iter=4).fit(x, np.arange(60) % 3)
    input_spec = spec(3).model_copy(update={"shape": (3,)})
    assert explanation.count_trees(boosted) == 12
    assert explanation.prediction_cost(boosted, input_spec) == 9 + 12 * explanation.COST_OF_TREE
    linear = LinearRegression().fit(x, x[:, 0])
    assert explanation.prediction_cost(linear, input_spec) == 9


class CountingRegression(LinearRegression):
    """A linear regression that counts its predictions."""

    calls = 0

    def predict(self, X: np.ndarray) -> np.ndarray:  # noqa: N803
        """Predict, and count."""
        self.calls += 1
        return np.asarray(super().predict(X))


@pytest.mark.parametrize("at_once", [1, 1000, 2**22])
def test_importance_is_the_same_however_many_copies_are_predicted_at_once(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "MAX_VALUES_AT_ONCE", at_once)
    x = np.random.default_rng(0).normal(size=(60, 30)).astype(np.float32)
    x[:, 3] *= 10
    x[:, 4] = 0
    input_spec = InputSpec(kind="tabular", task="regression", shape=(30,), features=tuple(f"c{i}" for i in range(30)))
    model = CountingRegression().fit(x, x.sum(axis=1))
    figure = nodes.explain(model, Examples(x, x.sum(axis=1), np.arange(60)), input_spec, Config(), PROBLEM)
    bars = dict(zip(figure.data[0].y, figure.data[0].x, strict=True))
    assert figure.data[0].y[-1] == "c3"
    assert bars["c3"] == pytest.approx(np.sqrt(2) * x[:, 3].std(), rel=0.25)
    assert bars.get("c4", 0.0) == pytest.approx(0, abs=1e-5)
    assert model.calls == {1: 151, 1000: 151, 2**22: 2}[at_once]
    assert "Mean of 5 shuffles of 60 validation examples" in figure.layout.title.text


def test_of_many_inputs_those_that_vary_most_are_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explanation, "MAX_INPUTS", 8)
    x = np.random.default_rng(0).normal(size=(60, 30)).astype(np.float32)
    x[:, 20:] *= 0.01
    x[:, [1, 5, 9, 13, 17, 25, 27, 29]] *= 1000
    names = tuple(f"c{i}" for i in range(30))
    input_spec = InputSpec(kind="tabular", task="regression", shape=(30,), features=names)
    model = CountingRegression().fit(x, x.sum(axis=1))
    figure = nodes.explain(model, Examples(x, x.sum(axis=1), np.arange(60)), input_spec, Config(), PROBLEM)
    bars = dict(zip(figure.data[0].y, figure.data[0].x, strict=True))
    assert set(bars) == {"c1", "c5", "c9", "c13", "c17", "c25", "c27", "c29"}
    assert bars["c13"] == pytest.approx(np.sqrt(2) * x[:, 13].std(), rel=0.25)
    assert "the 8 of 30 inputs that vary most" in figure.layout.title.text
    images = input_spec.model_copy(update={"features": (), "shape": (5, 6, 1)})
    assert len(explanation.select_inputs_explained(Examples(x, x[:, 0], np.arange(60)), images)) == 30
