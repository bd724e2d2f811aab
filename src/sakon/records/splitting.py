"""The split of records into train, validation and test."""

from __future__ import annotations

import numpy as np

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.problem import Problem, Schema, SplitConfig
from sakon.records.timestamps import parse_timestamps, read_timestamps

TRAIN, VALIDATION, TEST = 0, 1, 2
SPLITS = ("train", "validation", "test")
RESERVED_PREFIXES = ("_sakon_", "__sakon_")
"""How columns that the project adds begin, so that columns of the user may have any other name."""
ROW = "_sakon_row"
"""Column of each split with the numbers of its rows in `records`."""
STRATA = 5
"""Quantiles of a numeric target that each split holds equal shares of."""


def check_reserved_names(schema: Schema, split: SplitConfig) -> None:
    """Refuse columns of the user with names that are reserved for columns that the project adds.

    Raises:
        DataError: Naming them.
    """
    columns = (*schema.features, schema.target, split.group or "", split.time or "")
    names = [name for name in dict.fromkeys(columns) if name.startswith(RESERVED_PREFIXES)]
    if names:
        raise DataError(
            f"Raw data: expected no column or target that begins with {' or '.join(RESERVED_PREFIXES)}, which is "
            f"reserved, found {', '.join(names)}; rename it, or leave it out by problem.options.ignore."
        )


def assign_splits(records: pd.DataFrame, schema: Schema, problem: Problem) -> np.ndarray:
    """Return the split of each record.

    If `split.time` names a column, the splits follow each other in time. Otherwise they are random, and stratified by
    class (classification) or by quantile of the target (regression). Rows with equal features, and rows with an equal
    value in `split.group`, are in the same split.

    Args:
        records: All records.
        schema: Columns of the records.
        problem: Configuration of the problem.

    Returns:
        0 (train), 1 (validation) or 2 (test) for each record, (rows,), int8.

    Raises:
        DataError: If a class or the whole table has too few distinct rows for three splits.
    """
    groups = split_groups(records, schema, problem.split)
    strata = _strata(records[schema.target], schema)
    if problem.split.time is not None:
        splits = _split_by_time(records[problem.split.time], groups, problem.split)
    else:
        splits = _split_at_random(groups, strata, problem.split, np.random.default_rng(problem.seed), schema)
    if schema.task == "classification":
        _check_classes_in_train(splits, strata, schema)
    return splits


def split_groups(records: pd.DataFrame, schema: Schema, split: SplitConfig) -> np.ndarray:
    """Return a number for each row that is equal for rows that must be in the same split, (rows,), int64.

    These are rows with equal features or an equal `split.group`: the connected components of the graph that joins each
    row's features to its group.
    """
    content = content_ids(records, schema)
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


def content_ids(records: pd.DataFrame, schema: Schema) -> np.ndarray:
    """Return a number for each row that is equal for rows with equal features, (rows,), int64."""
    features = records[list(schema.features)]
    if schema.shape:
        content = np.array([np.asarray(image).tobytes() for image in features.iloc[:, 0]], dtype=object)
    else:
        content = pd.util.hash_pandas_object(features, index=False).to_numpy()
    return np.asarray(pd.factorize(content)[0])


def _strata(target: pd.Series, schema: Schema) -> np.ndarray:
    if schema.task == "classification":
        return np.asarray(pd.Index(schema.classes).get_indexer(pd.Index(target)))
    return np.asarray(pd.qcut(target.rank(method="first"), min(STRATA, len(target)), labels=False))


def _split_at_random(
    groups: np.ndarray, strata: np.ndarray, split: SplitConfig, rng: np.random.Generator, schema: Schema
) -> np.ndarray:
    first_row, size = np.unique(groups, return_index=True, return_counts=True)[1:]
    split_of_group = np.full(len(size), TRAIN, dtype=np.int8)
    stratum_of_group = _strata_of_groups(groups, strata, first_row)
    for stratum in np.unique(stratum_of_group):
        members = rng.permutation(np.flatnonzero(stratum_of_group == stratum))
        if len(members) < len(SPLITS):
            raise DataError(_too_few_rows(schema, stratum, len(members)))
        split_of_group[members] = _partition(size[members], split)
    return np.asarray(split_of_group[groups])


def _strata_of_groups(groups: np.ndarray, strata: np.ndarray, first_row: np.ndarray) -> np.ndarray:
    """Return the stratum of each group: that of its first row, unless fewer than three groups have it.

    A group may hold rows of every class in any order. If at least three groups hold a stratum, but it is the first of
    fewer than three, those groups are drawn together with the largest stratum.
    """
    stratum_of_group = strata[first_row]
    values, counts = np.unique(stratum_of_group, return_counts=True)
    for value in values[counts < len(SPLITS)]:
        if len(np.unique(groups[strata == value])) >= len(SPLITS):
            stratum_of_group[stratum_of_group == value] = values[counts.argmax()]
    return np.asarray(stratum_of_group)


def _partition(sizes: np.ndarray, split: SplitConfig) -> np.ndarray:
    """Assign groups in order to test, validation and train by their share of rows.

    If one of the splits were empty, small groups come first and each split gets at least one, so that a group of most
    rows is in train.
    """
    splits = _splits_by_share(sizes, split)
    if len(np.unique(splits)) == len(SPLITS):
        return splits
    order = np.argsort(sizes, kind="stable")
    ordered = _splits_by_share(sizes[order], split)
    ordered[0], ordered[1], ordered[-1] = TEST, VALIDATION if ordered[1] == TRAIN else ordered[1], TRAIN
    if not (ordered == VALIDATION).any():
        ordered[np.flatnonzero(ordered == TEST)[-1]] = VALIDATION
    splits[order] = ordered
    return splits


def _splits_by_share(sizes: np.ndarray, split: SplitConfig) -> np.ndarray:
    share = (np.cumsum(sizes) - sizes / 2) / sizes.sum()
    return np.where(share < split.test, TEST, np.where(share < split.test + split.validation, VALIDATION, TRAIN))


def _split_by_time(time: pd.Series, groups: np.ndarray, split: SplitConfig) -> np.ndarray:
    if split.by_days:
        days = pd.to_datetime([str(split.validation_begin), str(split.test_begin)])
        splits = np.digitize(parse_timestamps(time).astype("int64"), days.astype("datetime64[us]").astype("int64"))
    else:
        timestamps = time if pd.api.types.is_numeric_dtype(time) else read_timestamps(time).values
        rank = timestamps.rank(method="min", pct=True).to_numpy()
        before_test = np.where(rank > 1 - split.test - split.validation, VALIDATION, TRAIN)
        splits = np.where(rank > 1 - split.test, TEST, before_test)
    earliest = pd.Series(splits).groupby(groups).transform("min").to_numpy()
    for number, name in enumerate(SPLITS):
        if not (earliest == number).any():
            raise DataError(
                f"problem.split.time: expected rows for train, validation and test, found none for {name} in "
                f"{len(time)} rows; choose other fractions or add rows."
            )
    return np.asarray(earliest, dtype=np.int8)


def _check_classes_in_train(splits: np.ndarray, strata: np.ndarray, schema: Schema) -> None:
    absent = sorted(set(strata) - set(strata[splits == TRAIN]))
    if absent:
        raise DataError(
            f"Target '{schema.target}': expected every class in train, found {[schema.classes[i] for i in absent]} "
            f"only in validation or test; choose another problem.split, or merge or drop those classes."
        )


def _too_few_rows(schema: Schema, stratum: int, count: int) -> str:
    if schema.task == "classification":
        return (
            f"Target '{schema.target}': expected at least 3 distinct rows (or groups) of every class, one each for "
            f"train, validation and test, found {count} of class {schema.classes[stratum]!r}; add rows, merge or "
            f"drop that class."
        )
    return (
        f"Target '{schema.target}': expected at least 15 distinct rows to split into train, validation and test, "
        f"found fewer; add rows."
    )
