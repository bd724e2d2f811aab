"""Whether new values are distributed as those that were learnt from.

The population stability index (PSI) compares shares p and q of two samples in the same bins: Σ (q − p) ln(q / p),
the symmetric Kullback-Leibler divergence, 0 for equal shares. Below 0.1 is read as no change, up to 0.25 as a
moderate and above as a strong one: Siddiqi, "Credit risk scorecards", Wiley 2006. Two samples of one
population differ too; by how much depends on their sizes: Yurdakul & Naranjo, "Statistical properties of
the population stability index", Journal of Risk Model Validation 14(4), 2020. A change counts as drift
only where it exceeds both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

MODERATE_DRIFT, STRONG_DRIFT = 0.1, 0.25
MIN_SHARE = 0.01
MISSING, RARE, UNSEEN = "(missing)", "(rare)", "(unseen)"

Strength = Literal["none", "moderate", "strong"]


@dataclass(frozen=True)
class BinCounts:
    """Two samples counted in the same bins.

    Attributes:
        labels: What each bin holds.
        train: Rows of train in each bin, (bins,), int64.
        new: New rows in each bin, (bins,), int64.
    """

    labels: tuple[str, ...]
    train: np.ndarray
    new: np.ndarray

    @property
    def psi(self) -> float:
        """Population stability index, 0 or more; half a row is added to every bin, so that none is empty."""
        expected, found = (_shares(counts) for counts in (self.train, self.new))
        return float(np.sum((found - expected) * np.log(found / expected)))

    def chance_threshold(self, level: float) -> float:
        """Return what the index stays below with probability `mean_target` where nothing has changed.

        Without change it is distributed as (1 / train rows + 1 / new rows) χ² with bins − 1 degrees of freedom;
        Yurdakul & Naranjo 2020, theorem 1.
        """
        from scipy.stats import chi2

        freedom = max(len(self.labels) - 1, 1)
        rows = max(int(self.train.sum()), 1), max(int(self.new.sum()), 1)
        return float(chi2.ppf(level, freedom) * (1 / rows[0] + 1 / rows[1]))

    def strength(self, level: float) -> Strength:
        """Say how strong the change is; `none` where chance alone may do as much, at this level."""
        if self.psi < max(MODERATE_DRIFT, self.chance_threshold(level)):
            return "none"
        return "strong" if self.psi >= STRONG_DRIFT else "moderate"


def format_bin_edge(number: float) -> str:
    """Write a number in four significant digits."""
    return f"{number:.4g}"


def bin_numbers(
    train: np.ndarray, new: np.ndarray, bins: int, written: Callable[[float], str] = format_bin_edge
) -> BinCounts:
    """Count numbers in bins of equal shares of train; missing ones, if any, in a bin of their own.

    A value that holds a bin's share of train alone is a bin of its own too, so that what happens
    between the others is still seen.

    Args:
        train: Numbers learnt from, NaN where missing, (rows,).
        new: New numbers, (rows,).
        bins: Number of bins, 2 or more; fewer where train has fewer values.
        written: How a number is written.
    """
    known = train[~np.isnan(train)]
    values, counts = np.unique(known, return_counts=True)
    alone = values[counts * bins >= max(len(known), 1)]
    rest = known[~np.isin(known, alone)]
    inner = np.linspace(0, 1, max(bins - len(alone), 1) + 1)[1:-1] if len(rest) else np.empty(0)
    edges = np.unique(np.quantile(rest, inner)) if len(inner) else inner
    labels = [*map(written, alone), *_ranges(edges, written, len(alone) > 0), MISSING]

    def count(numbers: np.ndarray) -> np.ndarray:
        place = np.searchsorted(edges, numbers, side="left") + len(alone)
        for number, value in enumerate(alone):
            place[numbers == value] = number
        place[np.isnan(numbers)] = len(labels) - 1
        return np.bincount(place, minlength=len(labels))

    starts = [*alone, rest.min(initial=np.inf), *edges, np.inf]
    return _filled(labels, count(train), count(new), np.argsort(starts, kind="stable"))


def bin_categories(train: Sequence[str | None], new: Sequence[str | None]) -> BinCounts:
    """Count categories; those with less than 1% of train share a bin, as do those that train lacks.

    Args:
        train: Categories learnt from, `None` where missing.
        new: New categories.
    """
    from collections import Counter

    expected, found = (Counter(MISSING if each is None else each for each in sample) for sample in (train, new))
    fewest = MIN_SHARE * len(train)
    kept = [name for name, count in expected.most_common() if count >= fewest and name != MISSING]
    place = {name: number for number, name in enumerate([*kept, RARE, UNSEEN, MISSING])}

    def count(sample: Counter[str]) -> np.ndarray:
        counts = np.zeros(len(place), dtype=np.int64)
        for name, rows in sample.items():
            counts[place.get(name, place[RARE if name in expected else UNSEEN])] += rows
        return counts

    return _filled(list(place), count(expected), count(found), np.arange(len(place)))


def kolmogorov_smirnov(train: np.ndarray, new: np.ndarray) -> float:
    """Return the largest difference of the two distribution functions, in [0, 1]; nan where one is empty."""
    from scipy.stats import ks_2samp

    train, new = train[~np.isnan(train)], new[~np.isnan(new)]
    if not len(train) or not len(new):
        return float("nan")
    return float(ks_2samp(train, new, method="asymp").statistic)


def _shares(counts: np.ndarray) -> np.ndarray:
    return np.asarray((counts + 0.5) / (counts.sum() + 0.5 * len(counts)))


def _filled(labels: list[str], train: np.ndarray, new: np.ndarray, order: np.ndarray) -> BinCounts:
    """Put bins in order, without those that both samples leave empty."""
    kept = order[(train + new)[order] > 0]
    return BinCounts(tuple(labels[i] for i in kept), train[kept], new[kept])


def _ranges(edges: np.ndarray, written: Callable[[float], str], others: bool) -> list[str]:
    if not len(edges):
        return ["(others)" if others else "(all)"]
    names = [written(edge) for edge in edges]
    inner = [f"{low} – {high}" for low, high in pairwise(names)]
    return [f"≤ {names[0]}", *inner, f"> {names[-1]}"]
