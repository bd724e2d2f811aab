"""Who becomes champion: chosen on validation, gated on test."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sakon.pipelines.evaluation.nodes import LEADERBOARD
from sakon.pipelines.evaluation.promotion import promote
from sakon.problem import Decision, Examples, InputSpec, MetricInterval, Problem, Scores

SPEC = InputSpec(kind="tabular", task="classification", shape=(1,), classes=(0, 1))
PROBLEM = Problem(kind="tabular", target="y")
TEST = Examples(x=np.zeros((4, 1), dtype=np.float32), y=np.array([0, 1, 1, 1], dtype=np.int32), row=np.arange(4))
RECORDS = pd.DataFrame({"x": np.zeros(4)})


def board(*rows: tuple[str, float, float, int]) -> pd.DataFrame:
    facts = [
        {"family": f, "status": "trained", "value": t, "validation_value": v, "parameters": p, "model_version": i + 1}
        for i, (f, t, v, p) in enumerate(rows)
    ]
    return pd.DataFrame(facts, columns=LEADERBOARD)


def decide(leaderboard: pd.DataFrame, champion: Any = None, naive: float | None = 0.5) -> Decision:
    values = {} if naive is None else {"accuracy": MetricInterval(value=naive)}
    scores = Scores(status="trained", test=values)
    return promote(leaderboard, scores, champion, RECORDS, TEST, SPEC, PROBLEM)


def champion(right: int, classes: tuple[int, ...] = (0, 1)) -> Any:
    predicted = np.where(np.arange(4) < right, TEST.y, 1 - TEST.y)
    spec = SPEC.model_copy(update={"classes": classes})
    bundle = SimpleNamespace(input_spec=spec, outputs=lambda _: np.eye(2)[predicted])
    return SimpleNamespace(version="7", family="old", bundle=bundle)


def test_validation_chooses_even_where_test_would_choose_another() -> None:
    decision = decide(board(("lucky", 0.99, 0.7, 10), ("steady", 0.8, 0.9, 10)))
    assert (decision.family, decision.promoted) == ("steady", True)


@pytest.mark.parametrize("order", [1, -1])
def test_equals_on_validation_are_told_apart_by_size_not_by_test(order: int) -> None:
    rows = [("large", 0.99, 0.9, 1000), ("small", 0.8, 0.9, 10)]
    assert decide(board(*rows[::order])).family == "small"


def test_naive_must_be_beaten() -> None:
    decision = decide(board(("mlp", 0.5, 0.9, 10)))
    assert not decision.promoted
    assert "does not beat the naive baseline" in decision.reason
    assert "train the baseline first" in decide(board(("mlp", 0.9, 0.9, 10)), naive=None).reason


@pytest.mark.parametrize(("right", "promoted"), [(2, True), (3, False), (4, False)])
def test_the_champion_must_be_beaten_on_the_same_rows(right: int, promoted: bool) -> None:
    decision = decide(board(("mlp", 0.75, 0.9, 10)), champion(right))
    assert decision.promoted is promoted
    assert decision.champion_value == right / 4


def test_a_champion_of_other_classes_gives_way() -> None:
    decision = decide(board(("mlp", 0.75, 0.9, 10)), champion(4, classes=(0, 1, 2)))
    assert decision.promoted
    assert "answers other classes" in decision.reason


def test_nothing_trained_or_nothing_registered() -> None:
    assert "no family has been trained" in decide(board().assign(status="not trained")).reason
    unregistered = board(("mlp", 0.9, 0.9, 10)).assign(model_version=None)
    assert not decide(unregistered).promoted
