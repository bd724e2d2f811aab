"""The autoencoder's anomaly scores and reconstructions."""

from __future__ import annotations

import numpy as np
import pytest

from sakon.pipelines.autoencoder import figures
from sakon.pipelines.autoencoder.config import Config
from sakon.pipelines.autoencoder.model import build
from sakon.pipelines.autoencoder.nodes import anomaly_scores, find_anomalies, rare_class
from sakon.problem import Examples, InputSpec, Problem

SPEC = InputSpec(kind="tabular", task="classification", shape=(5,), classes=("common", "rare"), features=tuple("abcde"))
PROBLEM = Problem(kind="tabular", target="y")


def make_examples(rows: int = 200, rare_rows: int = 10) -> Examples:
    """Return two classes of normal values; those of the rare class, which comes first, are 20 times as large."""
    rng = np.random.default_rng(0)
    y = np.zeros(rows, np.int32)
    y[:rare_rows] = 1
    x = rng.normal(size=(rows, 5)).astype(np.float32)
    x[y == 1] *= 20
    return Examples(x, y, np.arange(100, 100 + rows))


def test_anomaly_score_is_the_mean_squared_reconstruction_error() -> None:
    model, examples = build(SPEC, Config(units=(8,), latent=2), PROBLEM), make_examples()
    expected = [((np.asarray(model(row[None]))[0] - row) ** 2).mean() for row in examples.x]
    np.testing.assert_allclose(anomaly_scores(model, examples.x), expected, rtol=1e-4)


def test_configured_share_is_anomalous_and_rare_rows_come_first() -> None:
    config = Config(units=(8,), latent=2, anomalous_share=0.05)
    model, examples = build(SPEC, config, PROBLEM), make_examples()
    table, metrics = find_anomalies(model, examples, SPEC, config)
    assert table["anomalous"].sum() == 10
    assert set(table["actual"][:10]) == {"rare"}
    assert set(table["row"][:10]) == set(range(100, 110))
    assert metrics["anomaly_roc_auc"] == pytest.approx(1.0)
    assert len(figures.anomalies(table, metrics["anomaly_threshold"], "rare").data) == 4


def test_rare_class_is_small_and_much_smaller_than_the_mean() -> None:
    assert rare_class(make_examples(200, 10), SPEC) == 1
    assert rare_class(make_examples(200, 60), SPEC) is None
    many_classes = InputSpec(kind="tabular", task="classification", shape=(5,), classes=tuple(range(20)))
    balanced = Examples(make_examples().x, np.repeat(np.arange(20), 10).astype(np.int32), np.arange(200))
    assert rare_class(balanced, many_classes) is None
    assert rare_class(balanced, SPEC.model_copy(update={"classes": (), "task": "regression"})) is None


def test_exact_reconstruction_explains_all_variance() -> None:
    x = make_examples().x
    reconstructions = x.copy()
    reconstructions[:, 2] = x[:, 2].mean()
    bars = figures.explained_variance(x, reconstructions, SPEC.features).data[0]
    r2 = dict(zip(bars.y, bars.x, strict=True))
    assert r2["a"] == pytest.approx(1)
    assert r2["c"] == pytest.approx(0, abs=1e-5)
