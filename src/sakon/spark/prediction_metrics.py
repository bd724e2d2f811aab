"""Metrics of predictions on a cluster: sums are computed there, and only sums come to the driver.

All values equal those of `sakon.metrics` on the same rows, up to the order in which floats are added.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sakon.lazy import pd
from sakon.metrics import metrics_for
from sakon.metrics.classification import CALIBRATION_BINS, MIN_PROBABILITY
from sakon.problem import Label
from sakon.spark.scoring_columns import ACTUAL, PREDICTION
from sakon.spark.sql import column

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame

ROC_AUC = "roc_auc"


@dataclass(frozen=True)
class PredictionMetrics:
    """Counts and metrics of predictions.

    Attributes:
        rows: Number of predictions.
        rows_scored: Predictions with a target that the model knows.
        rows_of_unknown_classes: Predictions with a label that the model does not know.
        rows_by_prediction: Number of predictions by predicted label (classification).
        metrics: Value of every metric by its name; empty if no row is scored.
    """

    rows: int
    rows_scored: int
    rows_of_unknown_classes: int = 0
    rows_by_prediction: dict[str, int] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)


def measure_classes(
    predictions: DataFrame, classes: Sequence[Label], positive: int | None, with_roc_auc: bool
) -> PredictionMetrics:
    """Count predicted classes and compute their metrics.

    All metrics of a classification are computed but `pr_auc`, whose terms are no sums over rows.

    Args:
        predictions: With `prediction`, `probability_<class>` for every class, and `actual` if there is a target.
        classes: Labels in order.
        positive: Index of the positive class of a two-class problem; the last if `None`.
        with_roc_auc: Whether to compute `roc_auc`, which sorts the rows once for every class (of two classes: once).
    """
    target = _target(predictions)
    actual = _class_index(target, classes)
    probabilities = [column(f"probability_{label}") for label in classes]
    groups = _group_rows(predictions, target, actual, classes, probabilities)
    scored = groups[groups["actual"].notna()]
    by_class = groups.groupby("predicted")["rows"].sum()
    metrics: dict[str, float] = {}
    if not scored.empty and np.isfinite(scored["confidence"]).all():
        metrics = _metrics_of_groups(scored, len(classes), positive)
        if with_roc_auc:
            rows = predictions.select(actual.alias("actual"), *(p.alias(str(i)) for i, p in enumerate(probabilities)))
            metrics[ROC_AUC] = _roc_auc(rows.where("actual is not null"), len(classes), positive)
    return PredictionMetrics(
        rows=int(groups["rows"].sum()),
        rows_scored=int(scored["rows"].sum()),
        rows_of_unknown_classes=int(groups["rows"][groups["has_target"] & groups["actual"].isna()].sum()),
        rows_by_prediction={str(label): int(by_class.get(index, 0)) for index, label in enumerate(classes)},
        metrics={name: value for name, value in metrics.items() if not np.isnan(value)},
    )


def measure_numbers(predictions: DataFrame) -> PredictionMetrics:
    """Count predicted numbers and compute their metrics.

    Args:
        predictions: With `prediction`, and `actual` if there is a target.
    """
    from pyspark.sql import functions as F  # noqa: N812

    target = _target(predictions).cast("double")
    error = column(PREDICTION) - target
    sums = predictions.agg(
        F.count("*").alias("rows"), F.count(target).alias("scored"), F.avg(F.abs(error)).alias("mae"),
        F.avg(error * error).alias("mse"), F.var_pop(target).alias("variance"),
    ).first()  # fmt: skip
    assert sums is not None  # an aggregate without groups has one row
    metrics: dict[str, float] = {}
    if sums["scored"] and np.isfinite(sums["mse"]):
        metrics = {"mae": sums["mae"], "rmse": float(np.sqrt(sums["mse"]))}
        if sums["variance"] > 0:
            metrics["r2"] = 1 - sums["mse"] / sums["variance"]
    return PredictionMetrics(sums["rows"], sums["scored"], metrics=metrics)


def _group_rows(
    predictions: DataFrame,
    target: Column,
    actual: Column,
    classes: Sequence[Label],
    probabilities: list[Column],
) -> pd.DataFrame:
    """Return rows, sum of confidences and sum of log losses by actual class, predicted class and bin of confidence."""
    from pyspark.sql import functions as F  # noqa: N812 - the usual name

    confidence = F.greatest(*probabilities)
    of_actual = F.coalesce(*(F.when(actual == index, each) for index, each in enumerate(probabilities)))
    clipped = F.least(F.greatest(of_actual, F.lit(MIN_PROBABILITY)), F.lit(1 - MIN_PROBABILITY))
    rows = predictions.select(
        target.isNotNull().alias("has_target"), actual.alias("actual"),
        _class_index(column(PREDICTION), classes).alias("predicted"), _bin(confidence).alias("bin"),
        confidence.alias("confidence"), (-F.log(clipped)).alias("loss"),
    )  # fmt: skip
    groups: pd.DataFrame = (
        rows.groupBy("has_target", "actual", "predicted", "bin")
        .agg(F.count("*").alias("rows"), F.sum("confidence").alias("confidence"), F.sum("loss").alias("loss"))
        .toArrow()
        .to_pandas()
    )
    return groups


def _metrics_of_groups(scored: pd.DataFrame, classes: int, positive: int | None) -> dict[str, float]:
    """Return the metrics of what `_group_rows` returns."""
    actual, predicted = scored["actual"].to_numpy(dtype=int), scored["predicted"].to_numpy(dtype=int)
    counts, rows = scored["rows"].to_numpy(dtype=float)[None], float(scored["rows"].sum())
    one_hot = np.eye(classes)[predicted]
    metrics = {
        metric.name: float(metric.statistic(actual, one_hot, positive)(counts)[0])
        for metric in metrics_for("classification")
        if metric.labels_only
    }
    gap = scored["rows"].where(actual == predicted, 0) - scored["confidence"]
    return metrics | {
        "log_loss": float(scored["loss"].sum() / rows),
        "expected_calibration_error": float(gap.groupby(scored["bin"]).sum().abs().sum() / rows),
    }


def _roc_auc(rows: DataFrame, classes: int, positive: int | None) -> float:
    """Return the area under the ROC curve as `metrics.classification.roc_auc` defines it."""
    indices = [classes - 1 if positive is None else positive] if classes == 2 else range(classes)
    areas = [area for area in (_class_roc_auc(rows, index) for index in indices) if not np.isnan(area)]
    return float(np.mean(areas)) if areas else float("nan")


def _class_roc_auc(rows: DataFrame, index: int) -> float:
    """Return the share of pairs of a positive and a negative row in which the positive one has the higher probability.

    Rows are counted by probability and sorted. Every partition of the sorted rows counts the pairs within it; the
    driver adds the pairs between partitions, whose probabilities do not overlap.
    """
    from pyspark.sql import functions as F  # noqa: N812

    is_positive = (F.col("actual") == index).cast("long")
    sorted_rows = (
        rows.groupBy(column(str(index)).alias("probability"))
        .agg(F.sum(is_positive).alias("positives"), F.sum(1 - is_positive).alias("negatives"))
        .sort("probability")
    )
    columns = "partition int, positives long, negatives long, wins double"
    partitions = sorted_rows.mapInArrow(_count_pairs, columns).collect()
    wins, positives, negatives = 0.0, 0, 0
    for each in sorted(partitions, key=lambda row: row["partition"]):
        wins += each["wins"] + float(each["positives"]) * negatives
        positives, negatives = positives + each["positives"], negatives + each["negatives"]
    return wins / (float(positives) * negatives) if positives and negatives else float("nan")


def _count_pairs(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the counts of this partition, and in how many of its pairs the positive row wins; ties count half."""
    import pyarrow as pa
    from pyspark import TaskContext

    wins, positives, negatives = 0.0, 0, 0
    for batch in batches:
        positive, negative = (batch.column(name).to_numpy().astype(float) for name in ("positives", "negatives"))
        wins += float(positive @ (negatives + np.cumsum(negative) - negative / 2))
        positives, negatives = positives + int(positive.sum()), negatives + int(negative.sum())
    context = TaskContext.get()
    assert context is not None  # this function runs in tasks only
    partition = pa.array([context.partitionId()], pa.int32())
    columns = [partition, pa.array([positives]), pa.array([negatives]), pa.array([wins])]
    yield pa.RecordBatch.from_arrays(columns, ["partition", "positives", "negatives", "wins"])


def _bin(confidence: Column) -> Column:
    """Return the index of the bin of a confidence, with the same edges as `metrics.calibration.bin_indices`."""
    from pyspark.sql import functions as F  # noqa: N812

    above = ((confidence > edge / CALIBRATION_BINS).cast("int") for edge in range(1, CALIBRATION_BINS))
    return sum(above, start=F.lit(0))


def _target(predictions: DataFrame) -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    return column(ACTUAL) if ACTUAL in predictions.columns else F.lit(None)


def _class_index(label: Column, classes: Sequence[Label]) -> Column:
    """Return the index of a label among the classes; null for any other.

    Labels are compared as text: all are text if some of them are unknown classes.
    """
    from pyspark.sql import functions as F  # noqa: N812

    text = label.cast("string")
    if isinstance(classes[0], bool):  # Spark writes `true`, Python `True`
        text = F.initcap(text)
    return F.coalesce(*(F.when(text == str(each), index) for index, each in enumerate(classes)))
