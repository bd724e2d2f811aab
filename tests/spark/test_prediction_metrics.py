"""Metrics that are computed on the cluster equal those of one process."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from spark.examples import to_spark

from sakon import metrics
from sakon.spark.prediction_metrics import measure_classes, measure_numbers
from sakon.spark.scoring_columns import ACTUAL

ROWS, WITHOUT_TARGET, UNKNOWN = 500, 10, 4


def random_predictions(classes: tuple[Any, ...]) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return predictions with equal probabilities, rows without a target and rows of an unknown class; and the scored
    class indices and probabilities."""
    rng = np.random.default_rng(5)
    outputs = rng.integers(1, 12, (ROWS, len(classes))).astype(float)
    outputs /= outputs.sum(axis=1, keepdims=True)
    actual = rng.integers(0, len(classes), ROWS)
    table = pd.DataFrame({f"probability_{label}": outputs[:, i] for i, label in enumerate(classes)})
    table["prediction"] = [classes[i] for i in outputs.argmax(axis=1)]
    table[ACTUAL] = [str(classes[i]) for i in actual]
    first = WITHOUT_TARGET + UNKNOWN
    table.loc[: WITHOUT_TARGET - 1, ACTUAL] = None
    table.loc[WITHOUT_TARGET : first - 1, ACTUAL] = "another"
    return table, actual[first:], outputs[first:]


@pytest.mark.parametrize(
    ("classes", "with_roc_auc"), [(("no", "yes"), True), ((1, 2, 3), True), ((False, True), False)], ids=str
)
def test_metrics_of_classes_equal_those_of_one_process(
    spark: Any, classes: tuple[Any, ...], with_roc_auc: bool
) -> None:
    table, actual, outputs = random_predictions(classes)
    measured = measure_classes(to_spark(spark, table).repartition(4), classes, 0, with_roc_auc)
    not_computed = {"pr_auc"} if with_roc_auc else {"pr_auc", "roc_auc"}
    expected = metrics.compute_scores("classification", actual, outputs, 0)
    expected = {name: value for name, value in expected.items() if name not in not_computed}
    assert measured.metrics == pytest.approx(expected, abs=1e-12)
    counts = table["prediction"].astype(str).value_counts()
    assert measured.rows_by_prediction == {str(label): int(counts[str(label)]) for label in classes}
    assert (measured.rows, measured.rows_scored) == (ROWS, ROWS - WITHOUT_TARGET - UNKNOWN)
    assert measured.rows_of_unknown_classes == UNKNOWN


def test_classes_without_a_target_are_counted(spark: Any) -> None:
    table = random_predictions(("no", "yes"))[0].drop(columns=ACTUAL)
    measured = measure_classes(to_spark(spark, table), ("no", "yes"), None, with_roc_auc=True)
    assert (measured.rows, measured.rows_scored, measured.rows_of_unknown_classes) == (ROWS, 0, 0)
    assert measured.metrics == {}


def test_metrics_of_numbers_equal_those_of_one_process(spark: Any) -> None:
    rng = np.random.default_rng(6)
    actual = 1e6 + rng.normal(size=300)
    predicted = actual + rng.normal(0, 0.5, 300)
    table = pd.DataFrame({"prediction": predicted, ACTUAL: actual})
    table.loc[:19, ACTUAL] = np.nan
    predictions = to_spark(spark, table).repartition(4).selectExpr("prediction", "nanvl(actual, null) as actual")
    expected = metrics.compute_scores("regression", actual[20:], predicted[20:])
    measured = measure_numbers(predictions)
    assert (measured.rows, measured.rows_scored) == (300, 280)
    assert {name: measured.metrics[name] for name in expected} == pytest.approx(expected, rel=1e-9)
    constant = measure_numbers(predictions.selectExpr("prediction", "cast(7 as double) as actual"))
    assert "r2" not in constant.metrics
    assert measure_numbers(predictions.drop(ACTUAL)).metrics == {}
