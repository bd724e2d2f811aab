"""Prediction and metrics on a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sakon.errors import DataError
from sakon.metrics import positive_index, problem_metric
from sakon.models.champion import Champion
from sakon.models.packed import pack_bundle
from sakon.problem import InputSpec, MetricInterval, Problem, ScoringResult
from sakon.spark import prediction_metrics, supported_kinds
from sakon.spark.batch_prediction import PendingPredictions
from sakon.spark.cluster import Cluster
from sakon.spark.record_files import RecordFiles
from sakon.spark.scoring_columns import find_scoring_columns


@dataclass(frozen=True)
class ChampionInfo:
    """The model that made predictions.

    Attributes:
        version: Its registered version.
        family: The family that trained it.
        input_spec: Its inputs and outputs.
    """

    version: str
    family: str
    input_spec: InputSpec


def check_kind(problem: Problem) -> str:
    """Check, before anything is read, that the problem's records are rows of a table.

    Returns:
        The problem's kind.

    Raises:
        DataError: If it is another kind.
    """
    supported_kinds.check_kind(problem, "use `--pipelines=scoring`, which predicts on this machine")
    return problem.kind


def predict(
    records: RecordFiles, champion: Champion, cluster: Cluster, problem: Problem, kind: str
) -> tuple[PendingPredictions, ChampionInfo]:
    """Predict new raw records with the champion.

    Only the number of records and the values of the target are read here. Workers predict when the predictions are
    saved, and write them themselves.

    Args:
        records: New records, as files that workers read.
        champion: The registered champion.
        cluster: Its workers predict.
        problem: The problem.
        kind: The problem's kind; it was checked.

    Returns:
        The pending predictions, and the model that predicts. The Parquet files of the predictions have `row`, the
        position of the record in its file (from 0), and `file` if there are several; all columns besides features and
        target; `actual` if there is a target; `prediction`; and `probability_<class>` for every class.

    Raises:
        DataError: If the records do not fit the champion.
    """
    bundle = champion.bundle
    _check_champion(champion, problem, kind)
    columns = find_scoring_columns(records, bundle.schema)
    predictions = PendingPredictions(records.files, columns, pack_bundle(bundle), cluster)
    return predictions, ChampionInfo(champion.version, champion.family, bundle.input_spec)


def score(predictions: Any, champion_info: ChampionInfo, problem: Problem) -> ScoringResult:
    """Compute the metrics of saved predictions on the cluster.

    Args:
        predictions: What `predict` returns, saved and loaded again, so that each prediction is computed once.
        champion_info: The model that predicted.
        problem: Its metric and positive class.

    Returns:
        Counts, and the metrics if there is a target: all metrics of the task but `pr_auc`; with more than two classes
        `roc_auc` only if it is the problem's metric.
    """
    input_spec = champion_info.input_spec
    metric = problem_metric(input_spec, problem).name
    if input_spec.task == "classification":
        with_roc_auc = len(input_spec.classes) == 2 or metric == prediction_metrics.ROC_AUC
        positive = positive_index(input_spec, problem)
        measured = prediction_metrics.measure_classes(predictions, input_spec.classes, positive, with_roc_auc)
    else:
        measured = prediction_metrics.measure_numbers(predictions)
    return ScoringResult(
        champion_version=champion_info.version,
        champion_family=champion_info.family,
        metric=metric,
        rows=measured.rows,
        rows_scored=measured.rows_scored,
        rows_of_unknown_classes=measured.rows_of_unknown_classes,
        rows_by_prediction=measured.rows_by_prediction,
        new={name: MetricInterval(value=value) for name, value in measured.metrics.items()},
    )


def _check_champion(champion: Champion, problem: Problem, kind: str) -> None:
    """Check that the champion was trained for the current problem."""
    schema = champion.bundle.schema
    current = {"kind": kind, "target": problem.target, "task": problem.task or schema.task}
    trained = {"kind": schema.kind, "target": schema.target, "task": schema.task}
    names = [name for name in current if current[name] != trained[name]]
    if names:
        expected, actual = (", ".join(f"{name} '{each[name]}'" for name in names) for each in (current, trained))
        raise DataError(
            f"Champion v{champion.version} ({champion.family}): expected one that was trained for {expected}, found "
            f"{actual}; train and compare the families again with `kedro run`, in the problem's environment."
        )
