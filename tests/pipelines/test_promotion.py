"""Promotion of a champion: selected on validation, accepted on test."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sakon.models.champion import UnreadableChampion
from sakon.pipelines.evaluation.nodes import LEADERBOARD
from sakon.pipelines.evaluation.promotion import promote
from sakon.problem import Decision, Examples, InputSpec, MetricInterval, Problem, Scores

SPEC = InputSpec(kind="tabular", task="classification", shape=(1,), classes=(0, 1))
PROBLEM = Problem(kind="tabular", target="y")
TEST = Examples(x=np.zeros((4, 1), dtype=np.float32), y=np.array([0, 1, 1, 1], dtype=np.int32), row=np.arange(4))
RECORDS = pd.DataFrame({"x": np.zeros(4)})


def board(*rows: tuple[str, float, float, int]) -> pd.DataFrame:
    table = [
        {"family": f, "status": "trained", "value": t, "validation_value": v, "parameters": p, "model_version": i + 1}
        for i, (f, t, v, p) in enumerate(rows)
    ]
    return pd.DataFrame(table, columns=LEADERBOARD)


def decide(leaderboard: pd.DataFrame, champion: Any = None, naive: float | None = 0.5) -> Decision:
    values = {} if naive is None else {"accuracy": MetricInterval(value=naive)}
    scores = Scores(status="trained", test=values)
    return promote(leaderboard, scores, champion, RECORDS, TEST, SPEC, PROBLEM)


def champion(correct: int, classes: tuple[int, ...] = (0, 1)) -> Any:
    predicted = np.where(np.arange(4) < correct, TEST.y, 1 - TEST.y)
    spec = SPEC.model_copy(update={"classes": classes})
    bundle = SimpleNamespace(input_spec=spec, outputs=lambda _: np.eye(2)[predicted])
    return SimpleNamespace(version="7", family="old", bundle=bundle)


def test_challenger_is_the_best_on_validation_not_on_test() -> None:
    decision = decide(board(("lucky", 0.99, 0.7, 10), ("steady", 0.8, 0.9, 10)))
    assert (decision.family, decision.promoted) == ("steady", True)


@pytest.mark.parametrize("order", [1, -1])
def test_ties_on_validation_are_broken_by_size(order: int) -> None:
    rows = [("large", 0.99, 0.9, 1000), ("small", 0.8, 0.9, 10)]
    decision = decide(board(*rows[::order]))
    assert decision.family == "small"
    assert "the smallest of 2 equals" in decision.reason


def test_challenger_must_beat_the_naive_baseline() -> None:
    decision = decide(board(("mlp", 0.5, 0.9, 10)))
    assert not decision.promoted
    assert "does not beat the naive baseline" in decision.reason
    assert "train the baseline first" in decide(board(("mlp", 0.9, 0.9, 10)), naive=None).reason


@pytest.mark.parametrize(("correct", "promoted"), [(2, True), (3, False), (4, False)])
def test_challenger_must_beat_the_champion_on_the_same_rows(correct: int, promoted: bool) -> None:
    decision = decide(board(("mlp", 0.75, 0.9, 10)), champion(correct))
    assert decision.promoted is promoted
    assert decision.champion_value == correct / 4


def test_champion_of_other_classes_is_replaced() -> None:
    decision = decide(board(("mlp", 0.75, 0.9, 10)), champion(4, classes=(0, 1, 2)))
    assert decision.promoted
    assert "other classes" in decision.reason


def test_without_trained_or_registered_families_nothing_is_promoted() -> None:
    assert "no family is trained" in decide(board().assign(status="not trained")).reason
    unregistered = board(("mlp", 0.9, 0.9, 10)).assign(model_version=None)
    assert not decide(unregistered).promoted


def test_a_champion_that_cannot_be_read_stays() -> None:
    unreadable = UnreadableChampion("Its files were changed.", "restore its files", "7", "old")
    decision = decide(board(("mlp", 0.99, 0.9, 10)), unreadable)
    assert not decision.promoted
    assert "champion v7 cannot be read (Its files were changed); restore its files" in decision.reason
    assert (decision.champion_version, decision.champion_value) == ("7", None)


def test_a_champion_that_fails_on_the_present_data_stays() -> None:
    broken = champion(4)

    def fail(_: Any) -> Any:
        raise RuntimeError("a layer is missing")

    broken.bundle.outputs = fail
    decision = decide(board(("mlp", 0.99, 0.9, 10)), broken)
    assert not decision.promoted
    assert "champion v7 cannot predict the present data (a layer is missing)" in decision.reason
    broken.bundle.outputs = lambda _: np.full((4, 2), np.nan)
    assert decide(board(("mlp", 0.99, 0.9, 10)), broken).promoted is False


def test_a_champion_of_other_columns_or_outputs_is_replaced() -> None:
    other = champion(4, classes=(0, 2))
    assert decide(board(("mlp", 0.99, 0.9, 10)), other).promoted
    other = champion(4)
    other.bundle.schema = SimpleNamespace(features={"gone": "number"})

    def fail(_: Any) -> Any:
        raise KeyError("gone")

    other.bundle.outputs = fail
    decision = decide(board(("mlp", 0.99, 0.9, 10)), other)
    assert decision.promoted
    assert "reads columns that the present data lack (gone)" in decision.reason


def test_a_value_that_is_no_number_is_not_promoted() -> None:
    assert not decide(board(("mlp", np.nan, 0.9, 10))).promoted
    assert not decide(board(("mlp", 0.9, 0.9, 10)), naive=np.nan).promoted


def test_a_champion_of_another_horizon_is_replaced() -> None:
    ahead = champion(4)
    ahead.bundle.input_spec = SPEC.model_copy(update={"horizon": 3})
    decision = decide(board(("mlp", 0.9, 0.9, 10)), ahead)
    assert decision.promoted
    assert "3 steps ahead" in decision.reason
