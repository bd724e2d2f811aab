"""Scores of predictions that lie on a cluster: sums are made there, and only sums come to the driver.

All figures equal those of `sakon.metrics` on the same rows, but for the order in which floating numbers are added.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sakon.metrics import METRICS
from sakon.metrics.classification import MIN_PROBABILITY
from sakon.problem import Label
from sakon.spark.scoring import ACTUAL, PREDICTION
from sakon.spark.tables import named

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame

BY_LABEL = ("accuracy", "balanced_accuracy", "f1_macro", "f1")
"""Metrics that only ask which label was predicted."""
BINS = 10
AREA = "roc_auc"


def of_classes(
    predictions: DataFrame, classes: Sequence[Label], positive: int | None, with_area: bool
) -> dict[str, Any]:
    """Count and score predicted classes.

    Args:
        predictions: `prediction`, `probability_<class>` each, and `actual` where a target was there.
        classes: Labels in order.
        positive: Index of the positive class of a two-class problem; the last when left out.
        with_area: Whether `roc_auc` is measured too, for which the rows are sorted once for every class (of two: once).

    Returns:
        `rows`, `rows_by_prediction`, `rows_scored`, `rows_of_unknown_classes` and, where rows are scored,
        `new_<metric>`; all but `pr_auc`, whose terms are no sums over rows.
    """
    from pyspark.sql import functions as F  # noqa: N812 - as everyone names it

    chances = [named(f"probability_{label}") for label in classes]
    known = _known(predictions)
    actual, predicted = _index(known, classes), _index(named(PREDICTION), classes)
    confidence = F.greatest(*chances)
    of_actual = F.coalesce(*(F.when(actual == index, chance) for index, chance in enumerate(chances)))
    clipped = F.least(F.greatest(of_actual, F.lit(MIN_PROBABILITY)), F.lit(1 - MIN_PROBABILITY))
    groups = (
        predictions.select(
            known.isNotNull().alias("known"), actual.alias("actual"), predicted.alias("predicted"),
            _bin(confidence).alias("bin"),
            confidence.alias("confidence"), (-F.log(clipped)).alias("loss"),
        )
        .groupBy("known", "actual", "predicted", "bin")
        .agg(F.count("*").alias("rows"), F.sum("confidence").alias("confidence"), F.sum("loss").alias("loss"))
        .toArrow()
        .to_pandas()
    )  # fmt: skip
    scored = groups[groups["actual"].notna()]
    by_class = groups.groupby("predicted")["rows"].sum()
    found: dict[str, Any] = {
        "rows": int(groups["rows"].sum()),
        "rows_by_prediction": {str(label): int(by_class.get(index, 0)) for index, label in enumerate(classes)},
        "rows_scored": int(scored["rows"].sum()),
        "rows_of_unknown_classes": int(groups["rows"][groups["known"] & groups["actual"].isna()].sum()),
    }
    if scored.empty or not np.isfinite(scored["confidence"]).all():
        return found
    figures = _figures_of_groups(scored, len(classes), positive)
    if with_area:
        rows = predictions.select(actual.alias("actual"), *(c.alias(str(i)) for i, c in enumerate(chances)))
        figures[AREA] = _mean_area(rows.where("actual is not null"), len(classes), positive)
    return found | {f"new_{name}": value for name, value in figures.items() if not np.isnan(value)}


def of_numbers(predictions: DataFrame) -> dict[str, Any]:
    """Count and score predicted numbers.

    Args:
        predictions: `prediction`, and `actual` where a target was there.

    Returns:
        `rows`, `rows_scored`, `rows_of_unknown_classes` (none) and, where rows are scored, `new_<metric>`.
    """
    from pyspark.sql import functions as F  # noqa: N812

    known = _known(predictions).cast("double")
    error = named(PREDICTION) - known
    sums = predictions.agg(
        F.count("*").alias("rows"), F.count(known).alias("scored"), F.avg(F.abs(error)).alias("mae"),
        F.avg(error * error).alias("square"), F.var_pop(known).alias("variance"),
    ).first()  # fmt: skip
    assert sums is not None  # a table without rows has sums too
    found: dict[str, Any] = {"rows": sums["rows"], "rows_scored": sums["scored"], "rows_of_unknown_classes": 0}
    if not sums["scored"] or not np.isfinite(sums["square"]):
        return found
    found |= {"new_mae": sums["mae"], "new_rmse": float(np.sqrt(sums["square"]))}
    return found | ({"new_r2": 1 - sums["square"] / sums["variance"]} if sums["variance"] > 0 else {})


def _figures_of_groups(scored: Any, classes: int, positive: int | None) -> dict[str, float]:
    """Return the figures of rows that were counted by actual class, predicted class and bin of confidence."""
    actual, predicted = scored["actual"].to_numpy(dtype=int), scored["predicted"].to_numpy(dtype=int)
    counts, rows = scored["rows"].to_numpy(dtype=float)[None], float(scored["rows"].sum())
    certain = np.eye(classes)[predicted]
    figures = {name: float(METRICS[name].statistic(actual, certain, positive)(counts)[0]) for name in BY_LABEL}
    surplus = scored["rows"].where(actual == predicted, 0) - scored["confidence"]
    return figures | {
        "log_loss": float(scored["loss"].sum() / rows),
        "expected_calibration_error": float(surplus.groupby(scored["bin"]).sum().abs().sum() / rows),
    }


def _mean_area(rows: DataFrame, classes: int, positive: int | None) -> float:
    """Return the area under the ROC curve, as `metrics.classification.roc_auc` takes it."""
    chosen = [classes - 1 if positive is None else positive] if classes == 2 else range(classes)
    areas = [area for area in (_area(rows, index) for index in chosen) if not np.isnan(area)]
    return float(np.mean(areas)) if areas else float("nan")


def _area(rows: DataFrame, index: int) -> float:
    """Return the share of pairs of a positive and a negative row in which the positive one has the higher chance.

    Rows are counted by their chance and sorted; every part of the sorted rows counts the pairs within it, and the
    driver adds those between parts, of which one lies wholly below the other.
    """
    from pyspark.sql import functions as F  # noqa: N812

    is_positive = (F.col("actual") == index).cast("long")
    ordered = (
        rows.groupBy(named(str(index)).alias("chance"))
        .agg(F.sum(is_positive).alias("positives"), F.sum(1 - is_positive).alias("negatives"))
        .sort("chance")
    )
    parts = ordered.mapInArrow(_pairs_within, "part int, positives long, negatives long, wins double").collect()
    wins, positives, negatives = 0.0, 0, 0
    for part in sorted(parts, key=lambda part: part["part"]):
        wins += part["wins"] + float(part["positives"]) * negatives
        positives, negatives = positives + part["positives"], negatives + part["negatives"]
    return wins / (float(positives) * negatives) if positives and negatives else float("nan")


def _pairs_within(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    from pyspark import TaskContext

    wins, positives, negatives = 0.0, 0, 0
    for batch in batches:
        here, against = (batch.column(name).to_numpy().astype(float) for name in ("positives", "negatives"))
        wins += float(here @ (negatives + np.cumsum(against) - against / 2))
        positives, negatives = positives + int(here.sum()), negatives + int(against.sum())
    context = TaskContext.get()
    assert context is not None  # it runs in a task
    part = pa.array([context.partitionId()], pa.int32())
    columns = [part, pa.array([positives]), pa.array([negatives]), pa.array([wins])]
    yield pa.RecordBatch.from_arrays(columns, ["part", "positives", "negatives", "wins"])


def _bin(confidence: Column) -> Column:
    """Return the index of the bin that holds a confidence, by the very edges of `metrics.calibration.bin_of`."""
    from pyspark.sql import functions as F  # noqa: N812

    above = ((confidence > edge / BINS).cast("int") for edge in range(1, BINS))
    return sum(above, start=F.lit(0))


def _known(predictions: DataFrame) -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    return named(ACTUAL) if ACTUAL in predictions.columns else F.lit(None)


def _index(label: Column, classes: Sequence[Label]) -> Column:
    """Return the index of a label among the classes; null for any other.

    Labels are compared as text, which all of them are where one is none of the champion's.
    """
    from pyspark.sql import functions as F  # noqa: N812

    text = label.cast("string")
    if isinstance(classes[0], bool):  # Spark writes true, Python True
        text = F.initcap(text)
    return F.coalesce(*(F.when(text == str(each), index) for index, each in enumerate(classes)))
