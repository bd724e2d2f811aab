"""Drift of one feature: how much the distribution of new values differs from that of train.

The population stability index (PSI) compares the shares p and q of two samples in the same bins: Σ (q − p) ln(q / p),
the symmetric Kullback-Leibler divergence, 0 for equal shares. By convention, below 0.1 is no drift, up to 0.25
moderate drift, above 0.25 strong drift: Siddiqi, "Credit risk scorecards", Wiley 2006. Two samples of one population
differ too, by an amount that depends on their sizes: Yurdakul & Naranjo, "Statistical properties of the population
stability index", Journal of Risk Model Validation 14(4), 2020. A difference counts as drift only if it exceeds both
thresholds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

MODERATE_DRIFT, STRONG_DRIFT = 0.1, 0.25
MIN_SHARE = 0.01
"""Categories with a smaller share of train share one bin."""
MISSING, RARE, UNSEEN = "(missing)", "(rare)", "(unseen)"

DriftStrength = Literal["none", "moderate", "strong"]


@dataclass(frozen=True)
class BinCounts:
    """Counts of two samples in the same bins.

    Attributes:
        labels: Label of each bin.
        train: Rows of train in each bin, (bins,), int64.
        new: New rows in each bin, (bins,), int64.
    """

    labels: tuple[str, ...]
    train: np.ndarray
    new: np.ndarray

    @property
    def psi(self) -> float:
        """Population stability index, 0 or more; half a row is added to every bin so that none is empty."""
        train, new = (_smoothed_shares(counts) for counts in (self.train, self.new))
        return float(np.sum((new - train) * np.log(new / train)))

    def chance_threshold(self, level: float) -> float:
        """Return the value that the PSI stays below with probability `level` if the distribution has not changed.

        Without a change it is distributed as (1 / train rows + 1 / new rows) χ² with bins − 1 degrees of freedom;
        Yurdakul & Naranjo 2020, theorem 1.
        """
        from scipy.stats import chi2

        degrees_of_freedom = max(len(self.labels) - 1, 1)
        train_rows, new_rows = max(int(self.train.sum()), 1), max(int(self.new.sum()), 1)
        return float(chi2.ppf(level, degrees_of_freedom) * (1 / train_rows + 1 / new_rows))

    def strength(self, level: float) -> DriftStrength:
        """Return the strength of the drift; `none` if chance alone explains it at this confidence level."""
        if self.psi < max(MODERATE_DRIFT, self.chance_threshold(level)):
            return "none"
        return "strong" if self.psi >= STRONG_DRIFT else "moderate"


def format_bin_edge(value: float) -> str:
    """Format a number with four significant digits."""
    return f"{value:.4g}"


def bin_numbers(
    train: np.ndarray, new: np.ndarray, bins: int, format_edge: Callable[[float], str] = format_bin_edge
) -> BinCounts:
    """Count numbers in bins with equal shares of train; missing numbers, if any, in a bin of their own.

    A single value with the share of a whole bin is a bin of its own, so that changes between the other values
    remain visible.

    Args:
        train: Numbers of train, NaN where missing, (rows,).
        new: New numbers, NaN where missing, (rows,).
        bins: Number of bins, 2 or more; fewer if train has fewer distinct values.
        format_edge: Formats a number for the labels.
    """
    observed = train[~np.isnan(train)]
    values, counts = np.unique(observed, return_counts=True)
    single_values = values[counts * bins >= len(observed)]
    others = observed[~np.isin(observed, single_values)]
    inner = np.linspace(0, 1, bins - len(single_values) + 1)[1:-1]
    edges = np.unique(np.quantile(others, inner)) if len(others) else np.empty(0)
    ranges = _range_labels([format_edge(edge) for edge in edges], len(single_values) > 0)
    labels = [*map(format_edge, single_values), *ranges, MISSING]

    def count(numbers: np.ndarray) -> np.ndarray:
        indices = np.searchsorted(edges, numbers, side="left") + len(single_values)
        for index, value in enumerate(single_values):
            indices[numbers == value] = index
        indices[np.isnan(numbers)] = len(labels) - 1
        return np.bincount(indices, minlength=len(labels))

    starts = [*single_values, others.min(initial=np.inf), *edges, np.inf]
    order = sorted(range(len(labels)), key=starts.__getitem__)
    return _without_empty_bins(labels, count(train), count(new), order)


def bin_categories(train: Sequence[str | None], new: Sequence[str | None]) -> BinCounts:
    """Count categories; those with less than 1% of train share a bin, and so do those that train lacks.

    A category with the name of one of these bins, or of that of missing ones, is counted in it.

    Args:
        train: Categories of train, `None` where missing.
        new: New categories, `None` where missing.
    """
    train_counts, new_counts = (Counter(MISSING if name is None else name for name in each) for each in (train, new))
    frequent = [name for name, count in train_counts.most_common() if count / len(train) >= MIN_SHARE]
    labels = [*frequent, RARE, UNSEEN, MISSING]
    bin_of_label = {label: index for index, label in enumerate(labels)}  # of equal labels the last; the first is empty

    def count(sample: Counter[str]) -> np.ndarray:
        counts = np.zeros(len(labels), dtype=int)
        for name, rows in sample.items():
            counts[bin_of_label.get(name, bin_of_label[RARE if name in train_counts else UNSEEN])] += rows
        return counts

    return _without_empty_bins(labels, count(train_counts), count(new_counts), range(len(labels)))


def kolmogorov_smirnov(train: np.ndarray, new: np.ndarray) -> float:
    """Return the maximum difference of the two distribution functions, in [0, 1]; nan if a sample is all NaN."""
    from scipy.stats import ks_2samp

    train, new = train[~np.isnan(train)], new[~np.isnan(new)]
    if not len(train) or not len(new):
        return float("nan")
    return float(ks_2samp(train, new, method="asymp").statistic)


def _smoothed_shares(counts: np.ndarray) -> np.ndarray:
    return np.asarray((counts + 0.5) / (counts.sum() + 0.5 * len(counts)))


def _without_empty_bins(labels: list[str], train: np.ndarray, new: np.ndarray, order: Sequence[int]) -> BinCounts:
    """Return the bins in `order`, without those that are empty in both samples."""
    indices = [index for index in order if train[index] or new[index]]
    return BinCounts(tuple(labels[index] for index in indices), train[indices], new[indices])


def _range_labels(edges: list[str], has_single_values: bool) -> list[str]:
    if not edges:
        return ["(others)" if has_single_values else "(all)"]
    inner = [f"{low} – {high}" for low, high in pairwise(edges)]
    return [f"≤ {edges[0]}", *inner, f"> {edges[-1]}"]
