"""Drift of the features from train records to new records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from sakon.lazy import pd
from sakon.metrics.drift import BinCounts, bin_categories, bin_numbers, format_bin_edge, kolmogorov_smirnov

COLUMNS = ["feature", "drift", "psi", "by_chance", "ks", "missing_train", "missing_new", "unseen_new"]
ORDER = ("strong", "moderate", "none")
DAY = np.timedelta64(1, "D")
MAX_DISTINCT_SHARE = 0.5
"""Texts with a larger share of distinct values are compared by length."""


@dataclass(frozen=True)
class FeatureComparison:
    """One feature of train and of new records.

    Attributes:
        name: Name of the feature.
        bin_counts: Counts of both samples in the same bins.
        ks: Kolmogorov-Smirnov statistic of numbers and dates; nan for categories.
        missing: Shares of missing values in train and in the new records.
        unseen: Share of the new records whose category is not in train; nan for numbers and dates.
    """

    name: str
    bin_counts: BinCounts
    ks: float
    missing: tuple[float, float]
    unseen: float


def measure_drift(train: pd.DataFrame, new: pd.DataFrame, bins: int, level: float) -> pd.DataFrame:
    """Measure the drift of every feature.

    Args:
        train: Features of train, one column each; see `Kind.drift_features`.
        new: The same features of new records.
        bins: Number of bins of a number.
        level: Probability that no feature counts as drifting if nothing has changed.

    Returns:
        One row per feature, strongest drift first: `drift` (`none`, `moderate`, `strong`), `psi` (population stability
        index), `by_chance` (threshold of the index under no change), `ks` (Kolmogorov-Smirnov statistic), shares of
        missing values, share of unseen categories.
    """
    feature_level = 1 - (1 - level) / max(train.shape[1], 1)  # Bonferroni correction for the number of features
    rows = [
        {
            "feature": feature.name,
            "drift": feature.bin_counts.strength(feature_level),
            "psi": feature.bin_counts.psi,
            "by_chance": feature.bin_counts.chance_threshold(feature_level),
            "ks": feature.ks,
            "missing_train": feature.missing[0],
            "missing_new": feature.missing[1],
            "unseen_new": feature.unseen,
        }
        for feature in compare_features(train, new, bins)
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    strength = table["drift"].map({name: rank for rank, name in enumerate(ORDER)})
    return table.iloc[np.lexsort([-table["psi"], strength])].reset_index(drop=True)


def compare_features(train: pd.DataFrame, new: pd.DataFrame, bins: int) -> Iterator[FeatureComparison]:
    """Yield the comparison of every feature.

    Dates are compared as days. Texts that rarely repeat, such as names or messages, are compared by length: nearly
    every new one would be an unseen category.
    """
    for name in train:
        old, now = train[name], new[name]
        missing = (float(old.isna().mean()), float(now.isna().mean()))
        if pd.api.types.is_datetime64_any_dtype(old):
            yield _compare_numbers(str(name), _days(old), _days(now), missing, bins, _format_date)
        elif pd.api.types.is_numeric_dtype(old):
            yield _compare_numbers(str(name), old.to_numpy(dtype=float), now.to_numpy(dtype=float), missing, bins)
        elif old.nunique() > MAX_DISTINCT_SHARE * len(old):
            yield _compare_numbers(f"{name} (length)", _lengths(old), _lengths(now), missing, bins)
        else:
            yield _compare_categories(str(name), old, now, missing)


def _compare_numbers(
    name: str,
    old: np.ndarray,
    now: np.ndarray,
    missing: tuple[float, float],
    bins: int,
    format_edge: Callable[[float], str] = format_bin_edge,
) -> FeatureComparison:
    counts = bin_numbers(old, now, bins, format_edge)
    return FeatureComparison(name, counts, kolmogorov_smirnov(old, now), missing, float("nan"))


def _compare_categories(name: str, old: pd.Series, now: pd.Series, missing: tuple[float, float]) -> FeatureComparison:
    samples = [[None if pd.isna(value) else str(value) for value in column] for column in (old, now)]
    unseen = ~now.astype(object).isin(old.dropna().unique()) & now.notna()
    return FeatureComparison(name, bin_categories(*samples), float("nan"), missing, float(unseen.mean()))


def _lengths(texts: pd.Series) -> np.ndarray:
    return texts.astype("string").str.len().to_numpy(dtype=float, na_value=np.nan)


def _days(dates: pd.Series) -> np.ndarray:
    timestamps = dates.to_numpy(dtype="datetime64[ns]")
    days = (timestamps - np.datetime64("1970-01-01", "ns")) / DAY
    return np.where(np.isnat(timestamps), np.nan, days)


def _format_date(day: float) -> str:
    return str(np.datetime64("1970-01-01", "D") + int(day))
