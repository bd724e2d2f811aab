"""The target column: its task, its classes, its faults."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.problem import Label, Problem, Task

MOST_INTEGER_CLASSES = 20


def infer_task(target: pd.Series) -> Task:
    """Say what is predicted: numbers are a regression, everything else a classification.

    Whole numbers with at most 20 different values count as classes; `problem.task` overrides.
    """
    if pd.api.types.is_bool_dtype(target) or not pd.api.types.is_numeric_dtype(target):
        return "classification"
    values = target.dropna()
    whole = bool((values == np.floor(values)).all())
    return "classification" if whole and values.nunique() <= MOST_INTEGER_CLASSES else "regression"


def check_target(target: pd.Series, problem: Problem) -> list[str]:
    """Return a sentence for every fault of the target column."""
    name = f"Target '{problem.target}'"
    known = target.dropna()
    if known.empty:
        return [
            f"{name}: expected values, found {len(target)} rows all missing; name another column in problem.target."
        ]
    if known.nunique() == 1:
        return [f"{name}: expected at least two different values, found only {known.iloc[0]!r}; nothing can be learnt."]
    task = problem.task or infer_task(known)
    if task == "regression":
        return _check_numbers(known, name)
    return _check_classes(known, name, problem)


def _check_numbers(known: pd.Series, name: str) -> list[str]:
    numbers = pd.to_numeric(known, errors="coerce")
    strange = known[numbers.isna()]
    if len(strange):
        return [
            f"{name}: expected numbers for a regression, found {strange.iloc[0]!r} in row {strange.index[0]} "
            f"and {len(strange) - 1} more; mend the values, or set problem.task to classification."
        ]
    if not np.isfinite(numbers.to_numpy(dtype=float)).all():
        return [f"{name}: expected finite numbers, found infinity; mend or drop those rows."]
    return []


def _check_classes(known: pd.Series, name: str, problem: Problem) -> list[str]:
    if pd.api.types.is_float_dtype(known) and not (known == np.floor(known)).all():
        return [
            f"{name}: expected classes (text, booleans or whole numbers) for a classification, found fractions such as "
            f"{known.iloc[0]!r}; leave out problem.task or set it to regression."
        ]
    counts = known.value_counts()
    faults = [
        f"{name}: expected at least 3 rows of every class (one each for train, validation and test), found {count} "
        f"of class {label!r}; add rows, merge or drop that class."
        for label, count in counts[counts < 3].head(5).items()
    ]
    if (hidden := int((counts < 3).sum()) - len(faults)) > 0:
        faults.append(f"{name}: {hidden} more classes with fewer than 3 rows; is it a number or an identifier?")
    named = problem.class_weight if isinstance(problem.class_weight, dict) else {}
    unknown = [label for label in named if label not in labels_of(known)]
    if unknown:
        faults.append(
            f"problem.class_weight: expected weights of the classes {list(labels_of(known))}, found {unknown[0]!r}."
        )
    if problem.positive is not None and problem.positive not in set(labels_of(known)):
        faults.append(
            f"problem.positive: expected one of the classes {list(labels_of(known))}, found {problem.positive!r}."
        )
    return faults


def typed_target(target: pd.Series, task: Task) -> pd.Series:
    """Return the target without missing values in its final type: float64, int64, boolean or text."""
    if task == "regression":
        return pd.to_numeric(target).astype("float64")
    if pd.api.types.is_bool_dtype(target):
        return target.astype(bool)
    if pd.api.types.is_numeric_dtype(target):
        return target.astype("int64")
    return target.astype("string").astype(object)


def labels_of(target: pd.Series) -> tuple[Label, ...]:
    """Return the classes of a target in order, as plain booleans, integers or text."""
    known = target.dropna()
    task: Task = "classification"
    return tuple(sorted(pd.unique(typed_target(known, task)).tolist()))


def known_target(target: pd.Series, name: str, task: Task, classes: tuple[Label, ...]) -> pd.Series:
    """Type the target of records that a model answers for, which may be known of all, some or none of them.

    Args:
        target: As it was read; missing values and empty texts stand for what is not known.
        name: Name of the target.
        task: What is predicted.
        classes: Labels that the model knows (classification).

    Returns:
        The known values alone, with their index: float64, or labels of the type of `classes`; other labels
        are kept as text.

    Raises:
        DataError: If a value is no finite number (regression), or none is a class (classification).
    """
    known = target[target.notna() & (target.astype("string").str.strip() != "")].infer_objects()
    if task == "regression":
        faults = _check_numbers(known, f"Target '{name}'") if len(known) else []
        if faults:
            raise DataError(*faults)
        return typed_target(known, task)
    labels = {_as_text(label): label for label in classes}
    typed = _as_texts(known).map(lambda text: labels.get(text, text)).astype(object)
    if len(typed) and not typed.isin(classes).any():
        raise DataError(
            f"Target '{name}': expected classes that the champion knows ({_some(classes)}), found none of them but "
            f"{_some(typed.unique())}; mend the values, or leave them empty."
        )
    return typed


def _as_texts(values: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(values) and (values % 1 == 0).all():
        values = values.astype("int64")  # a class is 3, also where missing values made it 3.0
    return values.map(_as_text)


def _as_text(label: object) -> str:
    return str(label).strip()


def _some(labels: Iterable[object], most: int = 5) -> str:
    shown = [repr(label) for label in labels]
    return ", ".join(shown[:most]) + (f" and {len(shown) - most} more" if len(shown) > most else "")
