"""Scores of the families by slices of the test set."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sakon import metrics
from sakon.metrics import METRICS, bootstrap
from sakon.pipelines.evaluation import figures
from sakon.problem import EvaluationConfig, InputSpec, Problem, Schema
from sakon.records.splitting import ROW

PROBLEM = Problem(kind="tabular", target="t", metric="accuracy")
EVALUATION = EvaluationConfig(resamples=100, smallest_slice=5)


def predictions(rows: np.ndarray, seed: int) -> pd.DataFrame:
    probability = np.random.default_rng(seed).random(len(rows))
    columns = {"split": "test", "row": rows, "actual": rows % 2}
    table = pd.DataFrame(columns | {"probability_a": probability, "probability_b": 1 - probability})
    other = table.assign(split="validation")
    return pd.concat([other, table], ignore_index=True)


def test_every_family_is_scored_on_every_value_of_every_categorical_column(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.arange(1000, 1060)
    records = pd.DataFrame({ROW: rows, "colour": ["red"] * 30 + ["blue"] * 26 + [None] * 4, "flag": rows % 3 == 0})
    schema = Schema(
        kind="tabular", task="classification", target="t", features={"colour": "category", "flag": "boolean"}
    )
    spec = InputSpec(kind="tabular", task="classification", shape=(1,), classes=("a", "b"))
    shuffled = np.random.default_rng(0).permutation(rows)
    tables = {"mlp_predictions": predictions(shuffled, 1), "cnn_predictions": predictions(rows, 2)}
    draws = []
    draw = bootstrap._draw_one
    monkeypatch.setattr(bootstrap, "_draw_one", lambda *each: (draws.append(1), draw(*each))[1])
    bootstrap._draw_single_chunk.cache_clear()
    slices = figures.score_slices(records, schema, spec, PROBLEM, EVALUATION, **tables)
    assert slices[["column", "value", "rows"]].drop_duplicates().to_numpy().tolist() == [
        ["colour", "blue", 26], ["colour", "red", 30], ["flag", "False", 40], ["flag", "True", 20],
    ]  # fmt: skip
    assert slices["family"].tolist() == ["mlp", "cnn"] * 4
    assert len(draws) == 4 * EVALUATION.resamples  # all families share the draws of a slice
    red = tables["mlp_predictions"].query("split == 'test' and row < 1030")
    targets, outputs = red["actual"].to_numpy(), red[["probability_a", "probability_b"]].to_numpy()
    samples = metrics.bootstrap_metric(METRICS["accuracy"], targets, outputs, None, 100, PROBLEM.seed)
    low, high = metrics.percentile_interval(samples, EVALUATION.level)
    expected = [METRICS["accuracy"](targets, outputs), low, high]
    assert slices.query("family == 'mlp' and value == 'red'")[["score", "low", "high"]].to_numpy()[0] == pytest.approx(
        expected
    )
