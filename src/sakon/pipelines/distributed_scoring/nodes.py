"""Answer on a cluster, score there."""

from __future__ import annotations

from typing import Any

from sakon.errors import DataError
from sakon.metrics import positive_index, problem_metric
from sakon.problem import InputSpec, Problem

KINDS = ("tabular", "text")


def check_kind(problem: Problem) -> str:
    """Refuse, before anything is read, a problem whose records are no rows of a table.

    Returns:
        The problem's kind.

    Raises:
        DataError: If its new records cannot be scored on a cluster.
    """
    if problem.kind not in KINDS:
        raise DataError(
            f"problem.kind: expected {' or '.join(KINDS)} to answer new records on a cluster, found '{problem.kind}'; "
            f"use `--pipelines=scoring`, which answers them on this machine."
        )
    return problem.kind


def answer(records: Any, champion: Any, cluster: Any, problem: Problem, kind: str) -> tuple[Any, dict[str, Any]]:
    """Let the champion answer new raw records where they lie.

    Only whether there are any, and the different values of the target, are looked at here: the answers are made when
    the predictions are written, by the workers that write them.

    Args:
        records: New records, as files that workers read.
        champion: The registered version that serves (`version`, `family`, `bundle`).
        cluster: Its workers answer.
        problem: What was learnt.
        kind: The problem's, checked.

    Returns:
        The predictions, yet to be made: of Parquet `row`, the row's number in its file (from 0), and `file` where
        there are several; all that the files hold besides features and target; `actual` where they have the target;
        `prediction`; one `probability_<class>` each. And who answered.

    Raises:
        DataError: If the records do not fit the champion.
    """
    from sakon.spark.answerable import layout
    from sakon.spark.scoring import Answers, pack

    bundle = champion.bundle
    _check_champion(champion, problem, kind)
    answers = Answers(records.files, layout(records, bundle.schema), pack(bundle), cluster)
    facts = {"champion_version": champion.version, "champion_family": champion.family}
    return answers, {"facts": facts, "input_spec": bundle.input_spec}


def score(predictions: Any, answering: dict[str, Any], problem: Problem) -> dict[str, Any]:
    """Sum up, on the cluster, the answers as they were written.

    Args:
        predictions: What `answer` gives, saved and read again, so that no answer is made twice.
        answering: Who answered.
        problem: Gives metric and positive class.

    Returns:
        Version and family of the champion; `rows`, and of a classification `rows_by_prediction`; `rows_scored`,
        `rows_of_unknown_classes`, which cannot be scored; and, where rows are scored, `new_<metric>`: all of the task
        but `pr_auc`, and `roc_auc` of more than two classes only where it is the problem's own metric.
    """
    from sakon.spark import summing

    input_spec: InputSpec = answering["input_spec"]
    metric = problem_metric(input_spec, problem).name
    if input_spec.task == "classification":
        with_area = len(input_spec.classes) == 2 or metric == summing.AREA
        found = summing.of_classes(predictions, input_spec.classes, positive_index(input_spec, problem), with_area)
    else:
        found = summing.of_numbers(predictions)
    return {**answering["facts"], "metric": metric, **found}


def _check_champion(champion: Any, problem: Problem, kind: str) -> None:
    """Refuse a champion that learnt something else than the problem now asks for."""
    learnt = champion.bundle.schema
    wanted = {"kind": kind, "target": problem.target, "task": problem.task or learnt.task}
    given = {name: getattr(learnt, name) for name in wanted}
    differing = [name for name in wanted if wanted[name] != given[name]]
    if differing:
        expected, found = (", ".join(f"{name} '{of[name]}'" for name in differing) for of in (wanted, given))
        raise DataError(
            f"Champion v{champion.version} ({champion.family}): expected one that learnt {expected}, found {found}; "
            f"train and compare the families anew with `kedro run`, in the problem's environment."
        )
