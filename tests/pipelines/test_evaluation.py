"""A family that cannot be evaluated fails alone, and its scores say why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor

from sakon.errors import ModelError
from sakon.pipelines.evaluation.distributed import evaluate_distributed
from sakon.pipelines.evaluation.nodes import evaluate
from sakon.problem import EvaluationConfig, Examples, Failure, InputSpec, Problem, TrainingSummary

SPEC = InputSpec(kind="tabular", task="regression", shape=(2,), fingerprint="f", target_mean=0.0, target_scale=1.0)
PROBLEM = Problem(kind="tabular", target="y")
PART = Examples(np.ones((20, 2), np.float32), np.linspace(0, 1, 20).astype(np.float32), np.arange(20))
CONTEXT: Any = (PART, PART, SPEC, PROBLEM, EvaluationConfig(resamples=100))


def summary(family: str) -> TrainingSummary:
    return TrainingSummary(family=family, parameters=1, train_seconds=1.0, fingerprint="f")


def constant(value: float) -> DummyRegressor:
    model = DummyRegressor(strategy="constant", constant=0.5).fit(PART.x, PART.y)
    model.constant_ = np.array([[value]])
    return model


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_predictions_that_are_not_finite_are_an_error(value: float) -> None:
    with pytest.raises(ModelError, match=r"Family mlp: expected finite predictions, found NaN or infinity in 20 of 20"):
        evaluate(constant(value), summary("mlp"), None, *CONTEXT)


def test_one_family_that_cannot_be_evaluated_costs_the_others_nothing() -> None:
    models = {"cnn": constant(0.5), "mlp": Failure(reason="model: damaged"), "rnn": constant(np.nan), "som": "no model"}
    trainings: dict[str, Any] = {family: summary(family) for family in models} | {"vae": summary("vae")}
    trainings["gan"], models["gan"] = Failure(reason="training: damaged"), constant(0.5)
    predictions, scores = evaluate_distributed(models, trainings, *CONTEXT)
    assert {family: each.status for family, each in scores.items()} == {
        "cnn": "trained", "mlp": "failed", "rnn": "failed", "som": "failed", "gan": "failed",
    }  # fmt: skip
    assert scores["mlp"].note == "model: damaged"
    assert scores["gan"].note == "training: damaged"
    assert "NaN" in scores["rnn"].note
    assert [family for family, table in predictions.items() if len(table)] == ["cnn"]
