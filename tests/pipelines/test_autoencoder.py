"""The autoencoder's anomaly score."""

from __future__ import annotations

import numpy as np
import pytest

from sakon.pipelines.autoencoder import figures
from sakon.pipelines.autoencoder.config import Config
from sakon.pipelines.autoencoder.model import build
from sakon.pipelines.autoencoder.nodes import anomaly_scores, find_anomalies, rare_class
from sakon.problem import Examples, InputSpec, Problem

SPEC = InputSpec(kind="tabular", task="classification", shape=(5,), classes=("common", "rare"), features=tuple("abcde"))


def part(rows: int = 200, rare: int = 10) -> Examples:
    rng = np.random.default_rng(0)
    y = np.zeros(rows, np.int32)
    y[:rare] = 1
    x = rng.normal(size=(rows, 5)).astype(np.float32)
    x[y == 1] *= 20
    return Examples(x, y, np.arange(100, 100 + rows))


def test_score_is_the_error_of_the_reconstruction() -> None:
    model, given = build(SPEC, Config(units=(8,), latent=2), Problem(kind="tabular", target="y")), part()
    expected = [((np.asarray(model(row[None]))[0] - row) ** 2).mean() for row in given.x]
    np.testing.assert_allclose(anomaly_scores(model, given.x), expected, rtol=1e-4)


def test_threshold_leaves_the_share_above_and_rare_rows_lead() -> None:
    config = Config(units=(8,), latent=2, anomalous_share=0.05)
    model, given = build(SPEC, config, Problem(kind="tabular", target="y")), part()
    table, measures = find_anomalies(model, given, SPEC, config)
    assert table["anomalous"].sum() == 10
    assert set(table["actual"][:10]) == {"rare"}
    assert set(table["row"][:10]) == set(range(100, 110))
    assert measures["anomaly_roc_auc"] == pytest.approx(1.0)
    assert len(figures.anomalies(table, measures["anomaly_threshold"], "rare").data) == 4


def test_a_class_is_rare_only_if_it_stands_out() -> None:
    assert rare_class(part(200, 10), SPEC) == 1
    assert rare_class(part(200, 60), SPEC) is None
    many = InputSpec(kind="tabular", task="classification", shape=(5,), classes=tuple(range(20)))
    even = Examples(part().x, np.repeat(np.arange(20), 10).astype(np.int32), np.arange(200))
    assert rare_class(even, many) is None
    assert rare_class(even, SPEC.model_copy(update={"classes": (), "task": "regression"})) is None


def test_what_is_rebuilt_exactly_keeps_all_variance() -> None:
    x = part().x
    rebuilt = x.copy()
    rebuilt[:, 2] = x[:, 2].mean()
    kept = dict(zip((bar := figures.rebuilt_inputs(x, rebuilt, SPEC.features).data[0]).y, bar.x, strict=True))
    assert kept["a"] == pytest.approx(1)
    assert kept["c"] == pytest.approx(0, abs=1e-5)
