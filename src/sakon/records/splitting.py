"""Parting records into train, validation and test without a leak."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.problem import Problem, Schema, SplitConfig
from sakon.records.timeline import moments

TRAIN, VALIDATION, TEST = 0, 1, 2
SPLITS = ("train", "validation", "test")
ROW = "row"
"""Column of each split with the numbers of its rows in `records`."""


def check_row_column(columns: Iterable[object]) -> None:
    """Refuse records that already have a column `row`.

    Raises:
        DataError: If they have one.
    """
    if ROW in columns:
        raise DataError(
            f"Raw data: expected no column or target '{ROW}', which is reserved for the row number, found one; rename "
            f"it, or leave it out by problem.options.ignore."
        )


def assign_splits(records: pd.DataFrame, schema: Schema, problem: Problem) -> np.ndarray:
    """Say to which part each record belongs.

    By time where `split.time` names a column; else at random, every class in every part
    (classification) or every fifth of the target's range alike (regression). Rows with equal
    features, and rows with an equal value in `split.group`, stay in one part.

    Args:
        records: All records.
        schema: What they hold.
        problem: What is to be learnt; its seed decides the draw.

    Returns:
        0 (train), 1 (validation) or 2 (test) for each record, (rows,), int8.

    Raises:
        DataError: If a class or the whole table has too few distinct rows for three parts.
    """
    units = indivisible_units(records, schema, problem.split)
    strata = _strata(records[schema.target], schema)
    if problem.split.time is not None:
        part = _by_time(records[problem.split.time], units, problem.split)
    else:
        part = _at_random(units, strata, problem.split, np.random.default_rng(problem.seed), schema)
    if schema.task == "classification":
        _check_classes_in_train(part, strata, schema)
    return part


def indivisible_units(records: pd.DataFrame, schema: Schema, split: SplitConfig) -> np.ndarray:
    """Number the sets of rows that must stay together, (rows,), int64.

    Rows are together when their features are equal or when they share a group; both at once are
    the connected components of the graph that joins rows to their group and to their content.
    """
    content = content_of(records, schema)
    if split.group is None:
        return content
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    group = pd.factorize(records[split.group], use_na_sentinel=False)[0]
    contents, groups = int(content.max()) + 1, int(group.max()) + 1
    edges = (np.ones(len(content), dtype=np.int8), (content, contents + group))
    size = contents + groups
    component = connected_components(coo_matrix(edges, shape=(size, size)), directed=False)[1]
    return np.unique(component[content], return_inverse=True)[1]


def content_of(records: pd.DataFrame, schema: Schema) -> np.ndarray:
    """Number the rows by their features, so that equal rows have equal numbers, (rows,), int64."""
    features = records[list(schema.features)]
    if schema.shape:
        content = np.array([np.asarray(image).tobytes() for image in features.iloc[:, 0]], dtype=object)
    else:
        content = pd.util.hash_pandas_object(features, index=False).to_numpy()
    return np.asarray(pd.factorize(content)[0])


def _strata(target: pd.Series, schema: Schema) -> np.ndarray:
    if schema.task == "classification":
        return np.asarray(pd.Index(schema.classes).get_indexer(pd.Index(target)))
    return np.asarray(pd.qcut(target.rank(method="first"), min(5, len(target)), labels=False))


def _at_random(
    units: np.ndarray, strata: np.ndarray, split: SplitConfig, rng: np.random.Generator, schema: Schema
) -> np.ndarray:
    first_row, size = np.unique(units, return_index=True, return_counts=True)[1:]
    part = np.full(len(size), TRAIN, dtype=np.int8)
    stratum_of = _strata_of_units(units, strata, first_row)
    for stratum in np.unique(stratum_of):
        members = rng.permutation(np.flatnonzero(stratum_of == stratum))
        if len(members) < len(SPLITS):
            raise DataError(_too_few(schema, stratum, len(members)))
        part[members] = _fill_parts(size[members], split)
    return np.asarray(part[units])


def _strata_of_units(units: np.ndarray, strata: np.ndarray, first_row: np.ndarray) -> np.ndarray:
    """Return the stratum of each unit: that of its first row, unless too few begin with it.

    A group may hold rows of every class and begin with any of them: where at least three units hold a stratum but
    fewer begin with it, these are drawn together with the largest one.
    """
    stratum_of = strata[first_row].copy()
    values, counts = np.unique(stratum_of, return_counts=True)
    for value in values[counts < len(SPLITS)]:
        if len(np.unique(units[strata == value])) >= len(SPLITS):
            stratum_of[stratum_of == value] = values[counts.argmax()]
    return np.asarray(stratum_of)


def _fill_parts(sizes: np.ndarray, split: SplitConfig) -> np.ndarray:
    """Deal units to test, validation and train by their share of rows, at least one to each."""
    share = (np.cumsum(sizes) - sizes / 2) / sizes.sum()
    part = np.where(share < split.test, TEST, np.where(share < split.test + split.validation, VALIDATION, TRAIN))
    part[0], part[1], part[-1] = TEST, VALIDATION if part[1] == TRAIN else part[1], TRAIN
    if not (part == VALIDATION).any():
        part[np.flatnonzero(part == TEST)[-1]] = VALIDATION
    return part


def _by_time(time: pd.Series, units: np.ndarray, split: SplitConfig) -> np.ndarray:
    if split.by_days:
        days = pd.to_datetime([str(split.validation_begin), str(split.test_begin)])
        part = np.digitize(moments(time).astype("int64"), days.astype("datetime64[us]").astype("int64"))
    else:
        rank = time.rank(method="min", pct=True).to_numpy()
        late = np.where(rank > 1 - split.test - split.validation, VALIDATION, TRAIN)
        part = np.where(rank > 1 - split.test, TEST, late)
    earliest = pd.Series(part).groupby(units).transform("min").to_numpy()
    for number, name in enumerate(SPLITS):
        if not (earliest == number).any():
            raise DataError(
                f"problem.split.time: expected moments to fill train, validation and test in turn, found none "
                f"for {name} in {len(time)} rows; choose other fractions or more rows."
            )
    return np.asarray(earliest, dtype=np.int8)


def _check_classes_in_train(part: np.ndarray, strata: np.ndarray, schema: Schema) -> None:
    unseen = sorted(set(strata) - set(strata[part == TRAIN]))
    if unseen:
        raise DataError(
            f"Target '{schema.target}': expected every class in train, found {[schema.classes[i] for i in unseen]} "
            f"only in validation or test; choose another problem.split, or merge or drop those classes."
        )


def _too_few(schema: Schema, stratum: int, found: int) -> str:
    if schema.task == "classification":
        return (
            f"Target '{schema.target}': expected at least 3 distinct rows (or groups) of every class, one each for "
            f"train, validation and test, found {found} of class {schema.classes[stratum]!r}; add rows, merge or "
            f"drop that class."
        )
    return (
        f"Target '{schema.target}': expected at least 15 distinct rows to part into train, validation and test, "
        f"found too few; add rows."
    )
