"""A first look at the records: what is missing, doubled, constant, rare or too good to be true."""

from __future__ import annotations

from typing import Any

import numpy as np

from sakon.lazy import pd
from sakon.problem import Schema
from sakon.records.splitting import content_of

SUSPICIOUS_ASSOCIATION = 0.98
LARGEST_SAMPLE = 20_000
ADDING_UP = 0.9999
"""Share of the target's variance from which numbers are taken to add up to it."""
SMALLEST_SHARE = 0.01
FEWEST_ROWS_PER_NUMBER = 5
MOST_NUMBERS = 100
"""Of which a sum is sought; the search costs their square."""


def profile(records: pd.DataFrame, schema: Schema, raw_rows: int) -> dict[str, Any]:
    """Describe records in plain numbers.

    Args:
        records: All records.
        schema: What they hold.
        raw_rows: Rows of the raw data, before those without target were dropped.

    Returns:
        Rows, columns by type, missing values, the target's distribution, duplicates, constant
        columns, and features that nearly give the target away (`suspicious_leaks`), alone or added up (`sum_leak`).
    """
    features = records[list(schema.features)]
    content = content_of(records, schema)
    early = _known_before(schema)
    target = records[schema.target]
    conflicting = target.groupby(content).nunique()
    return {
        "kind": schema.kind,
        "task": schema.task,
        "rows": len(records),
        "rows_without_target": raw_rows - len(records),
        "columns": {name: str(column_type) for name, column_type in schema.features.items()},
        "shape": list(schema.shape),
        "missing": {str(name): int(count) for name, count in features.isna().sum().items() if count},
        "target": _describe_target(target, schema),
        "duplicated_rows": int(len(content) - len(np.unique(content))),
        "rows_that_differ_only_in_target": int((conflicting > 1).sum()),
        "constant_columns": []
        if schema.shape
        else [str(c) for c in features if features[c].nunique(dropna=False) == 1],
        "suspicious_leaks": [] if schema.shape else _suspicious_leaks(features[early], target, schema),
        "sum_leak": _sum_leak(features[early], target, schema),
    }


def _known_before(schema: Schema) -> list[str]:
    """Return the features that a model reads of the moment it answers for: in a forecast, those known ahead."""
    known = schema.features if schema.timeline is None else schema.timeline.known
    return [name for name in schema.features if name in known]


def _describe_target(target: pd.Series, schema: Schema) -> dict[str, Any]:
    if schema.task == "classification":
        counts = target.value_counts()
        return {str(label): int(counts[label]) for label in schema.classes}
    return {str(name): float(value) for name, value in target.describe().items()}


def _suspicious_leaks(features: pd.DataFrame, target: pd.Series, schema: Schema) -> dict[str, float]:
    """Return the features that alone tell the target almost without error.

    The association is the share of the target's variance (regression: of its ranks; classification:
    of every class's indicator, averaged) that the feature's values or its 50 quantiles explain, beyond what as many
    values would by chance.
    """
    sample = features.sample(min(len(features), LARGEST_SAMPLE), random_state=0)
    known = target.loc[sample.index]
    if schema.task == "classification":
        wanted = pd.get_dummies(known).to_numpy(dtype=float)
    else:
        wanted = known.rank(pct=True).to_numpy()[:, None]
    strength = {str(name): _explained(sample[name], wanted) for name in sample}
    return {name: round(value, 4) for name, value in strength.items() if value >= SUSPICIOUS_ASSOCIATION}


def _explained(feature: pd.Series, wanted: np.ndarray) -> float:
    if feature.nunique() > 50:
        if not pd.api.types.is_numeric_dtype(feature):
            return 0.0  # almost an identifier: every value would explain its own row
        feature = pd.qcut(feature, 50, duplicates="drop", labels=False)
    group = pd.factorize(feature, use_na_sentinel=False)[0]
    size = np.bincount(group)
    means = np.stack([np.bincount(group, weights=column) / size for column in wanted.T], axis=1)
    left = ((wanted - means[group]) ** 2).sum(axis=0)
    total = ((wanted - wanted.mean(axis=0)) ** 2).sum(axis=0)
    if len(group) <= len(size):
        return 0.0  # every value explains its own row
    chance = (len(group) - 1) / (len(group) - len(size))
    return float(np.mean(1 - chance * left / np.maximum(total, 1e-12)))


def _sum_leak(features: pd.DataFrame, target: pd.Series, schema: Schema) -> list[str]:
    """Return the numbers that add up to the target, each perhaps times a factor; none if they do not.

    No single one need give it away: of the parts of a total, each may be far from it.
    """
    names = [name for name in map(str, features) if schema.features[name] == "number"]
    if schema.task == "classification" or schema.shape or not 2 <= len(names) <= MOST_NUMBERS:
        return []
    whole = features[names].assign(target=target.astype(float)).dropna()
    sample = whole.sample(min(len(whole), LARGEST_SAMPLE), random_state=0).to_numpy(float)
    if len(sample) < FEWEST_ROWS_PER_NUMBER * len(names):
        return []
    centred = sample - sample.mean(axis=0)
    x, y = centred[:, :-1], centred[:, -1]
    scale = np.where(x.std(axis=0) > 0, x.std(axis=0), 1)
    weights, *_ = np.linalg.lstsq(x / scale, y, rcond=None)
    left = np.square(y - x / scale @ weights).sum()
    if left > (1 - ADDING_UP) * np.square(y).sum():
        return []
    return [name for name, weight in zip(names, np.abs(weights), strict=True) if weight > SMALLEST_SHARE * y.std()]
