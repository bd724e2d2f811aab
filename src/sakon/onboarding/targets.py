"""Proposes what is predicted and by which metric.

The task is the one of `sakon.records.targets.infer_task`, if the kind allows it. The metric is the default of the
task, unless the rarest class has less than 10% of the rows and less than half of the rows that it would have if all
classes were equally frequent. Then it is `pr_auc` for two classes, with the rare one as the positive class, and
`f1_macro` for more, because accuracy would hardly change if the rare class was always predicted wrongly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sakon.errors import DataError, ParameterError, did_you_mean
from sakon.lazy import pd
from sakon.metrics import default_metric, metrics_for
from sakon.onboarding.raw_files import RawFile
from sakon.problem import Task
from sakon.records.proposals import ProposedValue
from sakon.records.targets import class_labels, infer_task, plain_value
from sakon.wording import format_list

RARE_CLASS, RARE_CLASS_RATIO = 0.1, 0.5
MIN_CLASSES_TO_REFUSE = 10
MIN_ROWS_PER_CLASS = 3
MAX_LISTED = 8


def choose_column(name: str | None, columns: list[str], raw_file: RawFile) -> str:
    """Return the target column that the user named.

    Raises:
        ParameterError: If none was named, or there is no such column.
    """
    listed = format_list([f"'{column}'" for column in columns], MAX_LISTED)
    if name is None:
        raise ParameterError(
            f"--target: expected the column to predict, found none named; {raw_file.path.name} has {listed}."
        )
    if name.strip() in columns:
        return name.strip()
    numbered = "" if raw_file.has_names else f" (line 1 of {raw_file.path.name} looks like data, so they are numbered)"
    hint = did_you_mean(name, columns)
    hint = hint if hint.startswith("; did") else f"; they are {listed}."
    raise ParameterError(f"--target {name}: expected one of the columns{numbered}, found no such column{hint}")


def choose_array(name: str | None, arrays: Mapping[str, np.ndarray], raw_file: RawFile) -> str:
    """Return the target array that the user named, or the only one that has one value per example.

    The largest array holds the examples.

    Raises:
        ParameterError: If there is no such array, or the choice is ambiguous.
    """
    rows = len(max(arrays.values(), key=np.size)) if arrays else 0
    candidates = [each for each, array in arrays.items() if array.shape in ((rows,), (rows, 1))]
    if name in candidates:
        return str(name)
    if name is None and len(candidates) == 1:
        return candidates[0]
    option = "--target" if name is None else f"--target {name}"
    hint = did_you_mean(name or "", candidates) if candidates else "; there is no array of that length."
    raise ParameterError(
        f"{option}: expected the name of an array of {rows:,} values in {raw_file.path.name}, found no such array{hint}"
    )


def propose_target(
    target: pd.Series, tasks: Sequence[Task], requested: Task | None, raw_file: RawFile
) -> list[ProposedValue]:
    """Propose task, metric and positive class.

    Args:
        target: The target, one value per row or per example.
        tasks: Tasks of the kind.
        requested: The task that the user requested, one of these, or `None`.
        raw_file: Where the target comes from, for messages.

    Raises:
        DataError: If nothing can be learned from the target.
    """
    values = target.dropna()
    prefix = f"{raw_file.path}: target '{target.name}'"
    if values.nunique() < 2:
        single = f"only {plain_value(values.iloc[0])!r}" if len(values) else "none"
        raise DataError(f"{prefix}: expected at least two different values, found {single}.")
    task, reason = _infer_task(values, tasks)
    if requested is not None and requested != task:
        task, reason = requested, f"as requested; without --task it would be {task}: {reason}"
    if task != "classification":
        return [_task(task, reason), *_metric(default_metric(task), f"the default for a {task}", task)]
    if values.nunique() > max(MIN_CLASSES_TO_REFUSE, len(values) / MIN_ROWS_PER_CLASS):
        raise DataError(
            f"{prefix}: expected classes of at least {MIN_ROWS_PER_CLASS} rows each, found {values.nunique():,} "
            f"different values in {len(values):,} rows, such as {plain_value(values.iloc[0])!r}; it may be an "
            f"identifier, free text, or a number that could not be read: choose another --target, or correct the file."
        )
    return [_task(task, reason), *_class_metric(values)]


def _task(task: Task, reason: str) -> ProposedValue:
    return ProposedValue(("problem", "task"), task, reason)


def _infer_task(values: pd.Series, tasks: Sequence[Task]) -> tuple[Task, str]:
    task, different = infer_task(values), values.nunique()
    if task not in tasks:
        return tasks[0], "the task of this kind"
    if pd.api.types.is_bool_dtype(values) or not pd.api.types.is_numeric_dtype(values):
        return task, f"{different:,} different labels"
    if different == 2:
        return task, "two different numbers"
    if task == "classification":
        return task, f"{different} different whole numbers; if they are quantities, set regression"
    return task, f"numbers, {different:,} different ones"


def _class_metric(values: pd.Series) -> list[ProposedValue]:
    counts = values.value_counts()
    share = float(counts.iloc[-1] / len(values))
    label = next((label for label in class_labels(values) if label == counts.index[-1]), str(counts.index[-1]))
    reason = f"the rarest of {len(counts)} classes, {label!r}, has {share:.1%} of the rows"
    if share >= min(RARE_CLASS, RARE_CLASS_RATIO / len(counts)):
        return _metric(default_metric("classification"), reason, "classification", len(counts))
    reason = f"{reason}: accuracy would hardly depend on it"
    if len(counts) > 2:
        return _metric("f1_macro", reason, "classification", len(counts))
    positive = ProposedValue(("problem", "positive"), label, "the rare class is the one to detect")
    return [*_metric("pr_auc", reason, "classification", len(counts)), positive]


def _metric(name: str, reason: str, task: Task, classes: int = 0) -> list[ProposedValue]:
    """Propose a metric, and the other metrics of the task as alternatives."""
    path = ("problem", "metric")
    others = [
        metric.name for metric in metrics_for(task) if metric.name != name and (classes == 2 or not metric.binary_only)
    ]
    values = [ProposedValue(path, name, reason)]
    if others:
        more = f"or {', '.join(others[1:])}" if others[1:] else ""
        values.append(ProposedValue(path, others[0], more, active=False))
    return values
