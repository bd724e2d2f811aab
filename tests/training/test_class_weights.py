"""Classes that count more than others, in every way of learning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from fabricate import Fabricated, table
from family_training import train_in_memory
from hypothesis import given
from hypothesis import strategies as st

from sakon import families
from sakon.datasets import CheckpointsDataset
from sakon.errors import DataError
from sakon.models.predict import predict_outputs, select_inputs
from sakon.pipelines.ingestion.nodes import make_records
from sakon.problem import Examples, InputSpec, Problem
from sakon.training.class_weights import class_weights, sample_weights
from sakon.training.config import TrainingConfig
from sakon.training.events import TrainingEvents
from sakon.training.fit import fit

SPEC = InputSpec(kind="tabular", task="classification", shape=(1,), classes=("common", "rare"))


def problem(weights: Any) -> Problem:
    return Problem(kind="tabular", target="y", class_weight=weights)


@given(st.lists(st.integers(0, 1), min_size=2, max_size=50).filter(lambda y: len(set(y)) == 2))
def test_balanced_classes_have_equal_total_weight_and_the_mean_weight_is_one(drawn: list[int]) -> None:
    y = np.array(drawn, np.int32)
    weights = class_weights(y, SPEC, problem("balanced"))
    assert weights is not None
    counted = sample_weights(y, weights)
    assert counted.sum() == pytest.approx(len(y), rel=1e-5)
    assert counted[y == 0].sum() == pytest.approx(counted[y == 1].sum(), rel=1e-5)


def test_weights_by_class_leave_the_others_at_one() -> None:
    y = np.zeros(3, np.int32)
    assert class_weights(y, SPEC, problem({"rare": 5.0})) == {0: 1.0, 1: 5.0}
    assert class_weights(y, SPEC, problem(None)) is None


@pytest.mark.parametrize(("weights", "share"), [(None, 0.1), ("balanced", 0.5), ({"rare": 3.0}, 0.25)])
def test_fit_learns_the_weighted_share_of_a_class(tmp_path: Path, weights: Any, share: float) -> None:
    y = (np.arange(200) % 10 == 0).astype(np.int32)
    part = Examples(np.zeros((200, 1), np.float32), y, np.arange(200))
    inputs = keras.Input((1,))
    model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(inputs), name="bias")
    model.compile(keras.optimizers.Adam(0.05), loss="sparse_categorical_crossentropy")
    config = TrainingConfig(epochs=60, batch_size=50, patience=60)
    checkpoints = CheckpointsDataset(filepath=str(tmp_path)).load()
    model, history, _ = fit(model, part, part, SPEC, config, problem(weights), checkpoints, TrainingEvents())
    assert predict_outputs(model, part.x)[0, 1] == pytest.approx(share, abs=0.02)
    weighted = history["val_loss"].min()
    probabilities = np.array([1 - share, share])
    counted = sample_weights(y, class_weights(y, SPEC, problem(weights)) or {0: 1.0, 1: 1.0})
    expected = -(counted * np.log(probabilities[y])).sum() / len(y)
    assert weighted == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("family", families.names())
def test_every_family_predicts_a_class_with_a_large_weight_more_often(family: str, tmp_path: Path) -> None:
    raw = table("classification").raw
    rare = raw[(raw["outcome"] == "no") | (raw.index % 4 == 0)].reset_index(drop=True)
    means = []
    for weights in (None, {"yes": 25.0}):
        parameters = {"kind": "tabular", "target": "outcome", "class_weight": weights}
        case = Fabricated("tabular", "classification", rare, parameters)
        model, validation = train_in_memory(family, case, tmp_path / str(weights is None))
        means.append(predict_outputs(model, select_inputs(model, validation).x)[:, 1].mean())
    assert means[1] > means[0]


def test_invalid_class_weights_are_an_error() -> None:
    case = table("classification")
    with pytest.raises(DataError, match=r"problem\.class_weight: .* \['no', 'yes'\], found 'maybe'"):
        make_records(case.raw, Problem.model_validate(case.parameters | {"class_weight": {"maybe": 2.0}}))
    case = table("regression")
    with pytest.raises(DataError, match=r"problem\.class_weight: expected none"):
        make_records(case.raw, Problem.model_validate(case.parameters | {"class_weight": "balanced"}))
