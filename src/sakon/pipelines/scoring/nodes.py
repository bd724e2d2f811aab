"""Answer, score, compare with train."""

from __future__ import annotations

from typing import Any

import numpy as np

from sakon import kinds, metrics
from sakon.errors import DataError
from sakon.figures import drift as figures
from sakon.lazy import go, pd
from sakon.metrics import METRICS, positive_index, problem_metric
from sakon.metrics.conformal import half_width
from sakon.pipelines.scoring.scoring_config import ScoringConfig
from sakon.problem import EvaluationConfig, InputSpec, Problem, Schema
from sakon.records.drifting import drift, traits
from sakon.records.splitting import content_of
from sakon.records.targets import known_target

ROW, ACTUAL, PREDICTION = "row", "actual", "prediction"
MOST_DISTRIBUTIONS = 6


def answer(
    raw: Any,
    champion: Any,
    schema: Schema,
    input_spec: InputSpec,
    train_records: pd.DataFrame,
    validation_records: pd.DataFrame,
    problem: Problem,
    evaluation: EvaluationConfig,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Let the champion answer new raw records, of which all, some or none have a target.

    Args:
        raw: New records in the format of the problem's raw data.
        champion: The registered version that serves (`version`, `family`, `bundle`).
        schema: What the problem's records hold.
        input_spec: What models of the present split read and answer.
        train_records: Records of train, none of which should be among the new ones.
        validation_records: Held-out records, from whose errors a regression's intervals follow.
        problem: What was learnt.
        evaluation: Level of the intervals.

    Returns:
        The new records, typed; the predictions, twice (once for each format): `row` (from 0, in the order of the
        file), all that the file holds besides features and target, `actual` where the target is known,
        `prediction`, then one `probability_<class>` each, or `low` and `high`; of a forecast a row for every step
        to come, with its moment. Facts about who answered.

    Raises:
        DataError: If the records do not fit the problem, or the champion does not.
    """
    _check_champion(champion, schema)
    kind = kinds.get(schema.kind)
    new = kind.parse_new_data(raw, problem)
    if not len(new.request):
        raise DataError("New records: expected at least one, found none; is the file complete?")
    records = kind.from_request(new.request, schema)
    answers = champion.bundle.predict(kind.to_request(records, schema))
    facts = {"champion_version": champion.version, "champion_family": champion.family, "rows": len(answers)}
    if schema.task != "classification":
        widths, more = _intervals(champion, validation_records, schema, evaluation.level)
        calibrated = np.tile(widths, len(answers) // len(widths))
        answers = answers.assign(low=answers[PREDICTION] - calibrated, high=answers[PREDICTION] + calibrated)
        facts |= more
    if schema.task == "forecast":  # of moments to come, which no row of the file is of
        facts["rows_in_train"] = 0
        predictions = answers.assign(**{ACTUAL: np.nan})
    else:
        target = new.columns.get(schema.target, pd.Series(dtype=object))
        known = known_target(target, schema.target, schema.task, schema.classes)
        facts["rows_in_train"] = _copies(records, train_records, schema)
        predictions = _beside(new.columns, answers, known, schema)
    facts["note"] = _note(champion, input_spec, facts)
    return records, predictions, predictions, facts


def score(
    predictions: pd.DataFrame,
    answering: dict[str, Any],
    input_spec: InputSpec,
    problem: Problem,
    evaluation: EvaluationConfig,
) -> dict[str, Any]:
    """Measure the answers where the truth is known, by every metric of the task.

    Args:
        predictions: What `answer` gives.
        answering: Facts about who answered.
        input_spec: Classes and task.
        problem: Gives metric, positive class and seed.
        evaluation: Resamples and level.

    Returns:
        The facts; `rows_scored`; `rows_of_unknown_classes`, which cannot be scored; and, where rows are
        scored, `new_<metric>`, `new_<metric>_low`, `new_<metric>_high` and, of a regression,
        `interval_coverage`, the share of the truth that lies in its interval.
    """
    actual: np.ndarray
    outputs: np.ndarray
    scores = {**answering, "metric": problem_metric(input_spec, problem).name, "level": evaluation.level}
    known = predictions[predictions[ACTUAL].notna()]
    rows = len(known)
    if input_spec.task == "classification":
        labels = pd.Index([str(label) for label in input_spec.classes])
        known = known[known[ACTUAL].astype(str).isin(labels)]
        actual = np.asarray(labels.get_indexer(pd.Index(known[ACTUAL].astype(str))))
        outputs = known[[f"probability_{label}" for label in labels]].to_numpy(dtype=float)
    else:
        actual, outputs = (known[name].to_numpy(dtype=float) for name in (ACTUAL, PREDICTION))
    scores |= {"rows_scored": len(known), "rows_of_unknown_classes": rows - len(known)}
    if known.empty:
        return scores
    if "low" in known and "high" in known:
        scores["interval_coverage"] = float(known["low"].le(actual).mul(known["high"].ge(actual)).mean())
    positive = positive_index(input_spec, problem)
    for name, value in metrics.compute_scores(input_spec.task, actual, outputs, positive).items():
        samples = metrics.bootstrap_metric(METRICS[name], actual, outputs, positive, evaluation.resamples, problem.seed)
        low, high = metrics.percentile_interval(samples, evaluation.level)
        scores |= {f"new_{name}": value, f"new_{name}_low": low, f"new_{name}_high": high}
    return scores


def measure_drift(
    train_records: pd.DataFrame,
    records: pd.DataFrame,
    schema: Schema,
    scoring: ScoringConfig,
    evaluation: EvaluationConfig,
) -> pd.DataFrame:
    """Compare the new records with those of train, trait by trait; see `sakon.records.drifting.drift`."""
    return drift(*_traits(train_records, records, schema), scoring.bins, evaluation.level)


def draw_drift(drift_table: pd.DataFrame, records: pd.DataFrame) -> go.Figure:
    """Draw how strongly every trait has moved."""
    return figures.stability_indices(drift_table, len(records))


def draw_distributions(
    drift_table: pd.DataFrame,
    train_records: pd.DataFrame,
    records: pd.DataFrame,
    schema: Schema,
    scoring: ScoringConfig,
) -> go.Figure:
    """Draw train and new records side by side, in the traits that have moved most."""
    strongest = drift_table["feature"].head(MOST_DISTRIBUTIONS).tolist()
    found = {trait.name: trait for trait in traits(*_traits(train_records, records, schema), scoring.bins)}
    return figures.bin_shares({name: found[name].counted for name in strongest})


def _traits(train: pd.DataFrame, new: pd.DataFrame, schema: Schema) -> tuple[pd.DataFrame, pd.DataFrame]:
    kind = kinds.get(schema.kind)
    return kind.drift_features(train, train, schema), kind.drift_features(new, train, schema)


def _check_champion(champion: Any, schema: Schema) -> None:
    """Refuse a champion that learnt from records of another form than the problem's present ones."""
    learnt = champion.bundle.schema
    wanted, given = schema.model_dump(), learnt.model_dump()
    differing = [name for name in wanted if wanted[name] != given[name]]
    if not differing:
        return
    features = {*schema.features.items()} ^ {*learnt.features.items()}
    columns = sorted({name for name, _ in features})
    what = ", ".join(name for name in differing if name != "features" or not columns)
    columns_differ = f"columns {columns[:5]}{' and more' if len(columns) > 5 else ''}" if columns else ""
    raise DataError(
        f"Champion v{champion.version} ({champion.family}): expected one that learnt from records of the present form, "
        f"found other {' and '.join(filter(None, [what, columns_differ]))}; train and compare the families anew with "
        f"`kedro run`, in the problem's environment."
    )


def _intervals(
    champion: Any, validation_records: pd.DataFrame, schema: Schema, level: float
) -> tuple[np.ndarray, dict[str, Any]]:
    """Return the half width of the champion's intervals, (steps,), and what it rests on; see `metrics.conformal`.

    The champion was chosen, and its training stopped, by the same records: a mild use of them, which makes
    the intervals a little too narrow. Its weights were not fitted on them. Forecasts of neighbouring moments
    err alike, which is less than exchangeable: theirs hold only as far as the future resembles validation.
    """
    learnt = champion.bundle.input_spec
    answers = champion.bundle.outputs(validation_records)
    actual = kinds.get(schema.kind).targets(validation_records, schema, learnt).reshape(answers.shape)
    widths = half_width((actual - answers) * learnt.target_scale, level)
    finite = {"interval_half_width": float(widths.mean())} if np.isfinite(widths).all() else {}
    return widths, {"calibration_rows": len(answers), **finite}


def _copies(records: pd.DataFrame, train_records: pd.DataFrame, schema: Schema) -> int:
    """Count the new records whose features equal those of a record of train."""
    content = content_of(pd.concat([train_records, records], ignore_index=True), schema)
    return int(np.isin(content[len(train_records) :], content[: len(train_records)]).sum())


def _note(champion: Any, input_spec: InputSpec, facts: dict[str, Any]) -> str:
    notes = []
    if champion.bundle.input_spec.fingerprint != input_spec.fingerprint:
        notes.append(
            "the champion learnt from other train records than the present ones, by which drift and intervals are "
            "measured: train and compare the families anew to have them of one piece"
        )
    if facts["rows_in_train"]:
        notes.append(
            f"{facts['rows_in_train']} new records are copies of train records: no score on them says anything about "
            f"records that are truly new"
        )
    if "calibration_rows" in facts and "interval_half_width" not in facts:
        notes.append(
            f"intervals are unbounded: {facts['calibration_rows']} validation records are too few for their level"
        )
    return "; ".join(notes)


def _beside(beside: pd.DataFrame, answers: pd.DataFrame, known: pd.Series, schema: Schema) -> pd.DataFrame:
    """Join row numbers, what came along, the truth where it is known, and the answers."""
    rows = pd.RangeIndex(len(answers))
    actual = known.set_axis(beside.index.get_indexer(known.index)).reindex(rows)
    answers = pd.concat([_storable(actual).rename(ACTUAL), answers.set_axis(rows)], axis=1)
    others = beside.drop(columns=[name for name in (*schema.features, schema.target) if name in beside])
    taken = {ROW, *answers}
    others = others.set_axis([f"raw_{name}" if name in taken else name for name in others], axis=1)
    others = others.apply(_storable).set_axis(rows)
    return pd.concat([pd.Series(rows, name=ROW), others, answers], axis=1)


def _storable(column: pd.Series) -> pd.Series:
    """Return a column of one type: whole numbers stay whole beside missing ones, what is mixed becomes text."""
    typed = column.convert_dtypes()
    return typed.astype("string") if typed.dtype == object else typed
