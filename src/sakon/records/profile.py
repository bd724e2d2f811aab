"""Profile of the records: missing values, duplicates, constant columns, possible target leakage."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from sakon.lazy import pd
from sakon.problem import DataProfile, MissingCode, Schema
from sakon.records.missing_codes import describe_missing_codes, find_missing_codes, find_missing_days
from sakon.records.splitting import content_ids
from sakon.records.time_series import OBSERVED

MIN_LEAK_ASSOCIATION = 0.98
MIN_SUM_ASSOCIATION = 0.9999
"""Share of the target's variance above which a linear combination of numbers counts as the target."""
MAX_SAMPLE_ROWS = 20_000
MIN_TERM_SHARE = 0.01
MIN_ROWS_PER_NUMBER = 5
MAX_NUMBERS = 100
"""Largest number of columns for which a sum is searched; the cost is quadratic."""
QUANTILES = 50


def profile(records: pd.DataFrame, schema: Schema, raw_rows: int, examples: dict[str, int]) -> DataProfile:
    """Return the profile of records.

    Args:
        records: All records.
        schema: Columns of the records.
        raw_rows: Rows of the raw data, including those without a target.
        examples: Number of examples in each split.
    """
    features = records[list(schema.features)]
    content = content_ids(records, schema)
    available = _available_features(schema)
    target = records[schema.target]
    conflicting = target.groupby(content).nunique()
    constant = () if schema.shape else tuple(str(c) for c in features if features[c].nunique(dropna=False) == 1)
    return DataProfile(
        kind=schema.kind,
        task=schema.task,
        rows=len(records),
        rows_without_target=raw_rows - len(records),
        examples=examples,
        columns=schema.features,
        shape=schema.shape,
        missing={str(name): int(count) for name, count in features.isna().sum().items() if count},
        missing_codes=_missing_codes(records, schema),
        target=_describe_target(target, schema),
        duplicated_rows=len(content) - len(np.unique(content)),
        rows_that_differ_only_in_target=int((conflicting > 1).sum()),
        constant_columns=constant,
        suspicious_leaks={} if schema.shape else _suspicious_leaks(features[available], target, schema),
        sum_leak=_sum_leak(features[available], target, schema),
    )


def describe_records(data: DataProfile) -> list[str]:
    """Return what a user should know of the records, one sentence each.

    These are excluded rows, classes that may be one, and numbers that may stand for missing values.
    """
    sentences = []
    if data.rows_without_target:
        count = data.rows_without_target
        rows = "1 row without a target is" if count == 1 else f"{count:,} rows without a target are"
        sentences.append(f"{rows} excluded.")
    classes = data.target if data.task == "classification" else {}
    for labels in _similar_texts(classes):
        names = " and ".join(f"{label!r} ({classes[label]:,} rows)" for label in labels)
        sentences.append(f"The classes {names} differ only in blanks or case; correct the data if they are one.")
    return [*sentences, *describe_missing_codes(data)]


def _similar_texts(texts: Iterable[str]) -> list[list[str]]:
    """Return groups of texts that are equal but for blanks, case and the form of their Unicode characters."""
    groups = defaultdict[str, list[str]](list)
    for text in texts:
        groups[" ".join(unicodedata.normalize("NFKC", text).casefold().split())].append(text)
    return [group for group in groups.values() if len(group) > 1]


def _available_features(schema: Schema) -> list[str]:
    """Return the features that are available at prediction time: all, or those known ahead for a forecast."""
    available = schema.features if schema.timeline is None else schema.timeline.known
    return [name for name in schema.features if name in available]


def _describe_target(target: pd.Series, schema: Schema) -> dict[str, int | float]:
    if schema.task == "classification":
        counts = target.value_counts()
        return {str(label): int(counts[label]) for label in schema.classes}
    return {str(name): float(value) for name, value in target.describe().items()}


def _missing_codes(records: pd.DataFrame, schema: Schema) -> dict[str, tuple[MissingCode, ...]]:
    """Return the numbers of features and target that may stand for missing values, by column; see `missing_codes`."""
    if schema.shape:
        return {}
    rows = records[records[OBSERVED]] if OBSERVED in records else records  # gaps are filled between two numbers
    names = [name for name, column_type in schema.features.items() if column_type == "number"]
    names += [schema.target] if rows[schema.target].dtype.kind in "if" else []
    codes_by_column = {name: find_missing_codes(rows[name]) for name in names}
    days = [name for name, column_type in schema.features.items() if column_type == "date" and schema.timeline is None]
    codes_by_column |= {name: find_missing_days(rows[name]) for name in days}
    return {name: codes for name, codes in codes_by_column.items() if codes}


def _suspicious_leaks(features: pd.DataFrame, target: pd.Series, schema: Schema) -> dict[str, float]:
    """Return the features that alone determine the target almost without error, with their association.

    The association is the share of the target's variance (regression: of its ranks; classification: of the indicator
    of each class, averaged) that the values of the feature, or its 50 quantiles, explain: an adjusted R².
    """
    sample = features.sample(min(len(features), MAX_SAMPLE_ROWS), random_state=0)
    targets = target.loc[sample.index]
    if schema.task == "classification":
        responses = pd.get_dummies(targets).to_numpy(dtype=float)
    else:
        responses = targets.rank(pct=True).to_numpy()[:, None]
    association = {str(name): _adjusted_r2(sample[name], responses) for name in sample}
    return {name: round(value, 4) for name, value in association.items() if value >= MIN_LEAK_ASSOCIATION}


def _adjusted_r2(feature: pd.Series, responses: np.ndarray) -> float:
    """Return the adjusted share of variance that the values of a feature explain, averaged over (rows, responses)."""
    if feature.nunique() > QUANTILES:
        if not pd.api.types.is_numeric_dtype(feature):
            return 0.0  # nearly an identifier: every value would explain its own row
        feature = pd.qcut(feature, QUANTILES, duplicates="drop", labels=False)
    group = pd.factorize(feature, use_na_sentinel=False)[0]
    size = np.bincount(group)
    means = np.stack([np.bincount(group, weights=column) / size for column in responses.T], axis=1)
    residual = ((responses - means[group]) ** 2).sum(axis=0)
    total = ((responses - responses.mean(axis=0)) ** 2).sum(axis=0)
    if len(group) <= len(size):
        return 0.0  # every value explains its own row
    adjustment = (len(group) - 1) / (len(group) - len(size))
    return float(np.mean(1 - adjustment * residual / np.maximum(total, 1e-12)))


def _sum_leak(features: pd.DataFrame, target: pd.Series, schema: Schema) -> tuple[str, ...]:
    """Return the numbers whose weighted sum is the target; empty if there is no such sum.

    Single terms of a total need not be associated with it.
    """
    names = [name for name in map(str, features) if schema.features[name] == "number"]
    if schema.task == "classification" or schema.shape or not 2 <= len(names) <= MAX_NUMBERS:
        return ()
    complete = pd.concat([features[names], target.astype(float)], axis=1).dropna()  # of which two may have one name
    sample = complete.sample(min(len(complete), MAX_SAMPLE_ROWS), random_state=0).to_numpy(float)
    if len(sample) < MIN_ROWS_PER_NUMBER * len(names):
        return ()
    centred = sample - sample.mean(axis=0)
    x, y = centred[:, :-1], centred[:, -1]
    scale = np.where(x.std(axis=0) > 0, x.std(axis=0), 1)
    weights, *_ = np.linalg.lstsq(x / scale, y, rcond=None)
    residual = np.square(y - x / scale @ weights).sum()
    if residual > (1 - MIN_SUM_ASSOCIATION) * np.square(y).sum():
        return ()
    sizes = np.abs(weights)
    return tuple(name for name, size in zip(names, sizes, strict=True) if size > MIN_TERM_SHARE * y.std())
