"""The target column: its task, its type, its classes, its errors."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.problem import Label, Problem, Task
from sakon.wording import format_list

MAX_INTEGER_CLASSES = 20
MIN_ROWS_PER_CLASS = 3
MAX_CLASSES_IN_MESSAGE = 5


def infer_task(target: pd.Series) -> Task:
    """Return the task of a target: regression for numbers, classification for everything else.

    Whole numbers with at most 20 different values count as classes. `problem.task` overrides this.
    """
    if pd.api.types.is_bool_dtype(target) or not pd.api.types.is_numeric_dtype(target):
        return "classification"
    values = target.dropna()
    is_whole = bool((values == np.floor(values)).all())
    return "classification" if is_whole and values.nunique() <= MAX_INTEGER_CLASSES else "regression"


def target_errors(target: pd.Series, problem: Problem) -> list[str]:
    """Return a message for every error in the target column."""
    name = f"Target '{problem.target}'"
    values = target.dropna()
    if values.empty:
        return [
            f"{name}: expected values, found {len(target)} rows all missing; name another column in problem.target."
        ]
    if values.nunique() == 1:
        return [f"{name}: expected at least two different values, found only {plain_value(values.iloc[0])!r}."]
    task = problem.task or infer_task(values)
    if task == "regression":
        return _number_errors(values, name)
    return _class_errors(values, name, problem)


def _number_errors(values: pd.Series, name: str) -> list[str]:
    numbers = pd.to_numeric(values, errors="coerce")
    invalid = values[numbers.isna()]
    if len(invalid):
        return [
            f"{name}: expected numbers for a regression, found {plain_value(invalid.iloc[0])!r} in row "
            f"{invalid.index[0]} and {len(invalid) - 1} more; fix the values, or set problem.task to classification."
        ]
    if not np.isfinite(numbers.to_numpy(dtype=float)).all():
        return [f"{name}: expected finite numbers, found infinity; fix or drop those rows."]
    return []


def _class_errors(values: pd.Series, name: str, problem: Problem) -> list[str]:
    if pd.api.types.is_float_dtype(values) and not (values == np.floor(values)).all():
        return [
            f"{name}: expected classes (text, booleans or whole numbers) for a classification, found fractions such as "
            f"{plain_value(values.iloc[0])!r}; leave out problem.task or set it to regression."
        ]
    counts = values.value_counts()
    rare = counts[counts < MIN_ROWS_PER_CLASS]
    errors = [
        f"{name}: expected at least 3 rows of every class (one each for train, validation and test), found {count} "
        f"of class {plain_value(label)!r}; add rows, merge or drop that class."
        for label, count in rare.head(MAX_CLASSES_IN_MESSAGE).items()
    ]
    if len(rare) > len(errors):
        errors.append(
            f"{name}: {len(rare) - len(errors)} more classes with fewer than 3 rows; is it a number or an identifier?"
        )
    labels = class_labels(values)
    weights = problem.class_weight if isinstance(problem.class_weight, dict) else {}
    unknown = [label for label in weights if label not in labels]
    if unknown:
        errors.append(f"problem.class_weight: expected weights of the classes {list(labels)}, found {unknown[0]!r}.")
    if problem.positive is not None and problem.positive not in labels:
        errors.append(f"problem.positive: expected one of the classes {list(labels)}, found {problem.positive!r}.")
    return errors


def plain_value(value: object) -> object:
    """Return a value of a column as a plain number, boolean or text, as messages show it."""
    return value.item() if isinstance(value, np.generic) else value


def cast_target(target: pd.Series, task: Task) -> pd.Series:
    """Return a target without missing values as float64, int64, boolean or text."""
    if task == "regression":
        return pd.to_numeric(target).astype("float64")
    if pd.api.types.is_bool_dtype(target):
        return target.astype(bool)
    if pd.api.types.is_numeric_dtype(target):
        return target.astype("int64")
    return target.astype("string").astype(object)


def class_labels(target: pd.Series) -> tuple[Label, ...]:
    """Return the sorted classes of a target, as plain booleans, integers or text."""
    return tuple(sorted(pd.unique(cast_target(target.dropna(), "classification")).tolist()))


def parse_new_target(target: pd.Series, name: str, task: Task, classes: tuple[Label, ...]) -> pd.Series:
    """Parse the target of new records, which may be missing in some or all rows.

    Args:
        target: Raw values; missing values and empty texts are rows without a target.
        name: Name of the target.
        task: What is predicted.
        classes: Labels of the model (classification).

    Returns:
        The rows with a target, with their index: float64, or labels of the same type as `classes`; labels that are not
        in `classes` remain text.

    Raises:
        DataError: If a value is not a finite number (regression), or no value is in `classes`.
    """
    values = target[target.notna() & (target.astype("string").str.strip() != "")].infer_objects()
    if task == "regression":
        errors = _number_errors(values, f"Target '{name}'") if len(values) else []
        if errors:
            raise DataError(*errors)
        return cast_target(values, task)
    label_of_text = {_to_text(label): label for label in classes}
    labels = _to_texts(values).map(lambda text: label_of_text.get(text, text)).astype(object)
    if len(labels) and not labels.isin(classes).any():
        raise DataError(
            f"Target '{name}': expected classes of the champion ({_format_labels(classes)}), found only "
            f"{_format_labels(labels.unique())}; fix the values, or leave them empty."
        )
    return labels


def _to_texts(values: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(values) and (values % 1 == 0).all():
        values = values.astype("int64")  # missing values turn the class 3 into 3.0
    return values.map(_to_text)


def _to_text(label: object) -> str:
    return str(label).strip()


def _format_labels(labels: Iterable[object]) -> str:
    return format_list([repr(label) for label in labels], MAX_CLASSES_IN_MESSAGE)
