"""Predict new records with the champion, score the predictions, compare the records with train."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from sakon import kinds, metrics
from sakon.errors import DataError
from sakon.figures import drift as figures
from sakon.kinds import NewData
from sakon.lazy import go, pd
from sakon.metrics import METRICS, positive_index, problem_metric
from sakon.metrics.conformal import half_width
from sakon.models.champion import Champion
from sakon.pipelines.scoring.config import ScoringConfig
from sakon.pipelines.scoring.prediction_table import ACTUAL, HIGH, LOW, PREDICTION, Calibration, escape_formulas
from sakon.pipelines.scoring.prediction_table import prediction_table as make_prediction_table
from sakon.problem import (
    EvaluationConfig,
    InputSpec,
    MetricInterval,
    PredictionSummary,
    Problem,
    Schema,
    ScoringResult,
)
from sakon.records import feature_drift
from sakon.records.feature_types import UnknownCategories, UnreadableValues, refuse_unreadable, unknown_categories
from sakon.records.splitting import content_ids

MAX_DISTRIBUTIONS = 6
MAX_COLUMNS_IN_NOTE = 5


def predict(
    raw: Any,
    champion: Champion,
    schema: Schema,
    input_spec: InputSpec,
    train_records: pd.DataFrame,
    validation_records: pd.DataFrame,
    problem: Problem,
    evaluation: EvaluationConfig,
    scoring: ScoringConfig,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, PredictionSummary]:
    """Predict new raw records with the champion; all, some or none of them have a target.

    Args:
        raw: New records in the format of the problem's raw data.
        champion: The problem's champion.
        schema: Columns of the problem's records.
        input_spec: Inputs and outputs of models of the present split.
        train_records: Train records; new records that equal one are counted.
        validation_records: Validation records, which calibrate the prediction intervals.
        problem: Configuration of the problem.
        evaluation: Level of the intervals.
        scoring: Largest share of unreadable values, and whether formulas are escaped.

    Returns:
        The new records; the predictions (see `prediction_table`), also for the CSV file; their summary.

    Raises:
        DataError: If the records do not fit the problem, or the champion does not.
    """
    _check_champion(champion, schema)
    new = kinds.get(schema.kind).parse_new_data(raw, problem)
    records, unreadable = _type_records(new, schema, scoring)
    predictions = champion.bundle.predict(kinds.get(schema.kind).to_request(records, schema))
    calibration = _calibrate(champion, validation_records, schema, evaluation.level)
    table = make_prediction_table(predictions, calibration, new.columns, schema)
    as_csv = escape_formulas(table) if scoring.escape_formulas else table
    values = unreadable, unknown_categories(records, train_records, schema.features)
    rows_in_train = _count_rows_in_train(records, train_records, schema)
    return records, table, as_csv, _summarize(champion, input_spec, len(table), rows_in_train, calibration, values)


def score(
    predictions: pd.DataFrame,
    prediction_summary: PredictionSummary,
    input_spec: InputSpec,
    problem: Problem,
    evaluation: EvaluationConfig,
) -> ScoringResult:
    """Score the predictions that have a target, by every metric of the task.

    Args:
        predictions: Predictions of `predict`.
        prediction_summary: Their summary.
        input_spec: Task and classes.
        problem: Its metric, positive class and seed.
        evaluation: Resamples and level of the intervals.

    Returns:
        The summary, the number of rows scored, and the metrics with their intervals if there are any.
    """
    with_target = predictions[predictions[ACTUAL].notna()]
    rows, targets, outputs = _comparable(with_target, input_spec)
    return ScoringResult(
        **dict(prediction_summary),
        metric=problem_metric(input_spec, problem).name,
        level=evaluation.level,
        rows_scored=len(rows),
        rows_of_unknown_classes=len(with_target) - len(rows),
        interval_coverage=_coverage(rows, targets),
        new=_score_intervals(targets, outputs, input_spec, problem, evaluation),
    )


def measure_drift(
    train_records: pd.DataFrame,
    records: pd.DataFrame,
    schema: Schema,
    scoring: ScoringConfig,
    evaluation: EvaluationConfig,
) -> pd.DataFrame:
    """Compare new records with train records by feature; see `sakon.records.feature_drift.measure_drift`."""
    return feature_drift.measure_drift(*_drift_features(train_records, records, schema), scoring.bins, evaluation.level)


def draw_drift(drift_table: pd.DataFrame, records: pd.DataFrame) -> go.Figure:
    """Draw the strength of the drift of every feature."""
    return figures.stability_indices(drift_table, len(records))


def draw_distributions(
    drift_table: pd.DataFrame,
    train_records: pd.DataFrame,
    records: pd.DataFrame,
    schema: Schema,
    scoring: ScoringConfig,
) -> go.Figure:
    """Draw the distributions in train and in the new records of the features with the strongest drift."""
    strongest = drift_table["feature"].head(MAX_DISTRIBUTIONS).tolist()
    features = feature_drift.compare_features(*_drift_features(train_records, records, schema), scoring.bins)
    counts = {feature.name: feature.bin_counts for feature in features}
    return figures.bin_shares({name: counts[name] for name in strongest})


def _drift_features(train: pd.DataFrame, new: pd.DataFrame, schema: Schema) -> tuple[pd.DataFrame, pd.DataFrame]:
    kind = kinds.get(schema.kind)
    return kind.drift_features(train, train, schema), kind.drift_features(new, train, schema)


def _check_champion(champion: Champion, schema: Schema) -> None:
    """Check that the champion was trained on records with the problem's present schema.

    Raises:
        DataError: If not; it names what differs.
    """
    expected, actual = schema.model_dump(), champion.bundle.schema.model_dump()
    differing = [name for name in expected if expected[name] != actual[name]]
    if not differing:
        return
    features = {*schema.features.items()} ^ {*champion.bundle.schema.features.items()}
    columns = sorted({name for name, _ in features})
    parts = [name for name in differing if name != "features" or not columns]
    parts += [f"columns {columns[:5]}{' and more' if len(columns) > 5 else ''}"] if columns else []
    raise DataError(
        f"Champion v{champion.version} ({champion.family}): expected one trained on records with the present schema, "
        f"found different {', '.join(parts)}; train and compare the families again with `kedro run` in the problem's "
        f"environment."
    )


def _calibrate(
    champion: Champion, validation_records: pd.DataFrame, schema: Schema, level: float
) -> Calibration | None:
    """Return the champion's prediction intervals, see `metrics.conformal`; `None` for a classification.

    The champion was selected, and its training stopped, on the same records, which makes the intervals slightly too
    narrow; its weights were not fitted on them. Errors of forecasts of neighbouring timestamps are correlated and so
    not exchangeable: intervals of forecasts are valid only as far as the future resembles validation.
    """
    if schema.task == "classification":
        return None
    input_spec = champion.bundle.input_spec
    outputs = champion.bundle.outputs(validation_records)
    targets = kinds.get(schema.kind).targets(validation_records, schema, input_spec).reshape(outputs.shape)
    return Calibration(half_width((targets - outputs) * input_spec.target_scale, level), len(outputs))


def _count_rows_in_train(records: pd.DataFrame, train_records: pd.DataFrame, schema: Schema) -> int:
    """Return the number of new records whose features equal those of a train record."""
    if schema.task == "forecast":  # of future timestamps, which train does not hold
        return 0
    content = content_ids(pd.concat([train_records, records], ignore_index=True), schema)
    return int(np.isin(content[len(train_records) :], content[: len(train_records)]).sum())


def _type_records(
    new: NewData, schema: Schema, scoring: ScoringConfig
) -> tuple[pd.DataFrame, tuple[UnreadableValues, ...]]:
    """Return new records, typed, and the values that could not be read.

    Raises:
        DataError: If there are no records, or more than a share of the values of a column could not be read.
    """
    if not len(new.request):
        raise DataError("New records: expected at least one, found none; check that the file is complete.")
    kind = kinds.get(schema.kind)
    request, unreadable = kind.separate_unreadable(new.request, schema)
    refuse_unreadable(unreadable, scoring.max_unreadable)
    return kind.from_request(request, schema), unreadable


def _summarize(
    champion: Champion,
    input_spec: InputSpec,
    rows: int,
    rows_in_train: int,
    calibration: Calibration | None,
    values: tuple[Sequence[UnreadableValues], Sequence[UnknownCategories]],
) -> PredictionSummary:
    """Return the summary of the predictions, with a note on everything that limits their use."""
    unreadable, unknown = values
    notes = [*_list_columns(f"{each}, and count as missing" for each in unreadable), *_list_columns(map(str, unknown))]
    if champion.bundle.input_spec.fingerprint != input_spec.fingerprint:
        notes.append(
            "the champion was trained on other train records than the present ones, which drift and intervals are "
            "measured on: train and compare the families again to align them"
        )
    if rows_in_train:
        notes.append(
            f"{rows_in_train} new records equal train records: their scores say nothing about records that are new to "
            f"the champion"
        )
    if calibration is not None and calibration.mean_half_width is None:
        notes.append(f"intervals are unbounded: {calibration.rows} validation records are too few for their level")
    return PredictionSummary(
        champion_version=champion.version,
        champion_family=champion.family,
        rows=rows,
        rows_in_train=rows_in_train,
        calibration_rows=None if calibration is None else calibration.rows,
        interval_half_width=None if calibration is None else calibration.mean_half_width,
        unreadable_values={each.column: each.count for each in unreadable},
        unknown_categories={each.column: each.count for each in unknown},
        note="; ".join(notes),
    )


def _list_columns(sentences: Iterable[str]) -> list[str]:
    """Return the first sentences, and how many there are more."""
    first = list(sentences)
    more = len(first) - MAX_COLUMNS_IN_NOTE
    return first[:MAX_COLUMNS_IN_NOTE] + ([f"the same in {more} more columns"] if more > 0 else [])


def _comparable(rows: pd.DataFrame, input_spec: InputSpec) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return the rows whose target is a class of the model or a number, their targets and the outputs for them."""
    if input_spec.task != "classification":
        return rows, rows[ACTUAL].to_numpy(dtype=float), rows[PREDICTION].to_numpy(dtype=float)
    labels = pd.Index([str(label) for label in input_spec.classes])
    rows = rows[rows[ACTUAL].astype(str).isin(labels)]
    targets = np.asarray(labels.get_indexer(pd.Index(rows[ACTUAL].astype(str))))
    return rows, targets, rows[[f"probability_{label}" for label in labels]].to_numpy(dtype=float)


def _coverage(rows: pd.DataFrame, targets: np.ndarray) -> float | None:
    """Return the share of targets inside their prediction interval; `None` without rows or intervals."""
    if rows.empty or LOW not in rows:
        return None
    return float(rows[LOW].le(targets).mul(rows[HIGH].ge(targets)).mean())


def _score_intervals(
    targets: np.ndarray, outputs: np.ndarray, input_spec: InputSpec, problem: Problem, evaluation: EvaluationConfig
) -> dict[str, MetricInterval]:
    """Return every metric of the task with its bootstrap interval, by name; empty without rows."""
    if not len(targets):
        return {}
    positive = positive_index(input_spec, problem)
    intervals = {}
    for name, value in metrics.compute_scores(input_spec.task, targets, outputs, positive).items():
        samples = metrics.bootstrap_metric(
            METRICS[name], targets, outputs, positive, evaluation.resamples, problem.seed
        )
        low, high = metrics.percentile_interval(samples, evaluation.level)
        intervals[name] = MetricInterval(value=value, low=low, high=high)
    return intervals
