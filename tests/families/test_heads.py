"""Probes and plain models become one network that answers as they do."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from sakon.families.heads import STRENGTHS, TSTR, linear_probe, train_on_synthetic
from sakon.models.predict import predict_outputs
from sakon.problem import Examples, InputSpec, Problem, TrainingSummary

PROBLEM = Problem(kind="tabular", target="y")
SUMMARY = TrainingSummary(family="f", parameters=1, train_seconds=2.0)


def spec_and_parts(classes: int) -> tuple[InputSpec, Examples, Examples]:
    rng = np.random.default_rng(classes)
    x = (rng.normal(size=(400, 3)) * [1, 5, 0.1] + [0, 7, 0]).astype(np.float32)
    signal = x[:, 0] + (x[:, 1] - 7) / 5 + 0.3 * rng.normal(size=400)
    if classes:
        y = np.digitize(signal, np.quantile(signal, np.linspace(0, 1, classes + 1)[1:-1])).astype(np.int32)
    else:
        y = signal.astype(np.float32)
    task: Any = "classification" if classes else "regression"
    spec = InputSpec(kind="tabular", task=task, shape=(3,), classes=tuple(range(classes)))
    return spec, Examples(x[:300], y[:300], np.arange(300)), Examples(x[300:], y[300:], np.arange(100))


def encoder() -> keras.Model:
    inputs = keras.Input((3,))
    return keras.Model(inputs, keras.layers.Rescaling(2.0, offset=1.0)(inputs))


def saved_and_loaded(model: keras.Model) -> keras.Model:
    path = Path(tempfile.mkdtemp()) / "model.keras"
    model.save(path)
    return keras.models.load_model(path, safe_mode=True)


@pytest.mark.parametrize("classes", [0, 2, 4])
def test_probe_predicts_like_the_best_linear_model(classes: int) -> None:
    spec, train, validation = spec_and_parts(classes)
    network = SimpleNamespace(encoder=encoder(), name="f")
    model, training = linear_probe(network, SUMMARY, train, validation, spec, PROBLEM)
    scaler = StandardScaler().fit(2 * train.x + 1)
    found = []
    for strength in STRENGTHS:
        plain = LogisticRegression(C=strength, max_iter=1000) if classes else Ridge(alpha=1 / strength)
        plain.fit(scaler.transform(2 * train.x + 1), train.y)
        rows = scaler.transform(2 * validation.x + 1)
        answers = plain.predict_proba(rows) if classes else plain.predict(rows)[:, None]
        wrong = answers.argmax(axis=1) != validation.y if classes else (answers[:, 0] - validation.y) ** 2
        found.append((wrong.mean(), answers))
    best = min(error for error, _ in found)
    ours = predict_outputs(model, validation.x)
    assert any(np.allclose(ours, answers, atol=1e-4) for error, answers in found if np.isclose(error, best))
    assert training.best["val_accuracy" if classes else "val_rmse"] == pytest.approx(
        1 - best if classes else np.sqrt(best), rel=1e-4
    )
    assert training.train_seconds > 2
    assert training.parameters == model.count_params()
    assert training.network_parameters == SUMMARY.parameters


@pytest.mark.parametrize("classes", [0, 2, 3])
def test_head_is_trained_on_synthetic_examples_only(classes: int) -> None:
    spec, train, validation = spec_and_parts(classes)
    asked: list[np.ndarray] = []

    def sample(y: np.ndarray, seed: int) -> np.ndarray:
        asked.append(y)
        return train.x

    network = SimpleNamespace(sample=sample, name="f")
    hidden = Examples(np.full_like(train.x, np.nan), train.y, train.row)
    model, training = train_on_synthetic(network, SUMMARY, hidden, validation, spec, PROBLEM)
    np.testing.assert_array_equal(asked[0], train.y)
    answers = predict_outputs(model, validation.x)
    assert answers.shape == (100, classes or 1)
    if classes:
        assert (answers.argmax(axis=1) == validation.y).mean() > 0.8
        np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)
    else:
        assert np.sqrt(((answers[:, 0] - validation.y) ** 2).mean()) < 0.5
    assert training.candidate == TSTR
    beyond, edge = train.x.max(axis=0, keepdims=True) + 100, train.x.max(axis=0, keepdims=True)
    np.testing.assert_array_equal(predict_outputs(model, beyond), predict_outputs(model, edge))
    np.testing.assert_allclose(model(edge), predict_outputs(saved_and_loaded(model), edge), atol=1e-6)
