"""How far new records have moved from those that were learnt from, trait by trait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from sakon.lazy import pd
from sakon.metrics.drift import BinCounts, bin_categories, bin_numbers, format_bin_edge, kolmogorov_smirnov

COLUMNS = ["feature", "drift", "psi", "by_chance", "ks", "missing_train", "missing_new", "unseen_new"]
ORDER = ("strong", "moderate", "none")
DAY = np.timedelta64(1, "D")
LARGELY_DISTINCT = 0.5


@dataclass(frozen=True)
class Trait:
    """One trait of train and new records, in the terms of `metrics.drift`.

    Attributes:
        name: What it is.
        counted: Both counted in the same bins.
        ks: Kolmogorov-Smirnov distance of numbers and dates; nan for categories.
        missing: Shares missing in train and in the new records.
        unseen: Share of the new records whose category train lacks; nan for what is no category.
    """

    name: str
    counted: BinCounts
    ks: float
    missing: tuple[float, float]
    unseen: float


def drift(train: pd.DataFrame, new: pd.DataFrame, bins: int, level: float) -> pd.DataFrame:
    """Measure the drift of every trait.

    Args:
        train: Traits of train, one column each; see `Kind.drift_features`.
        new: The same of new records.
        bins: Bins of a number's distribution.
        level: Probability with which not one of all traits counts as drifting where nothing has changed.

    Returns:
        One row per trait, strongest drift first: `drift` (`none`, `moderate`, `strong`), `psi` (population
        stability index), `by_chance` (what the index stays below where nothing has changed), `ks`
        (Kolmogorov-Smirnov distance), shares missing, share of unseen categories.
    """
    each = 1 - (1 - level) / max(train.shape[1], 1)  # Bonferroni: many traits give chance many chances
    rows = [
        {
            "feature": trait.name,
            "drift": trait.counted.strength(each),
            "psi": trait.counted.psi,
            "by_chance": trait.counted.chance_threshold(each),
            "ks": trait.ks,
            "missing_train": trait.missing[0],
            "missing_new": trait.missing[1],
            "unseen_new": trait.unseen,
        }
        for trait in traits(train, new, bins)
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    strength = table["drift"].map({name: place for place, name in enumerate(ORDER)})
    return table.iloc[np.lexsort([-table["psi"], strength])].reset_index(drop=True)


def traits(train: pd.DataFrame, new: pd.DataFrame, bins: int) -> Iterator[Trait]:
    """Yield every trait, counted.

    Dates are compared as days. Of texts that hardly ever repeat, such as names or messages, the length is
    compared: none of them would be found again.
    """
    for name in train:
        old, now = train[name], new[name]
        missing = (float(old.isna().mean()), float(now.isna().mean()))
        if pd.api.types.is_datetime64_any_dtype(old):
            yield _of_numbers(str(name), _days(old), _days(now), missing, bins, _as_date)
        elif pd.api.types.is_numeric_dtype(old):
            yield _of_numbers(str(name), old.to_numpy(dtype=float), now.to_numpy(dtype=float), missing, bins)
        elif old.nunique() > LARGELY_DISTINCT * len(old):
            yield _of_numbers(f"{name} (length)", _lengths(old), _lengths(now), missing, bins)
        else:
            yield _of_categories(str(name), old, now, missing)


def _of_numbers(
    name: str,
    old: np.ndarray,
    now: np.ndarray,
    missing: tuple[float, float],
    bins: int,
    written: Callable[[float], str] = format_bin_edge,
) -> Trait:
    return Trait(name, bin_numbers(old, now, bins, written), kolmogorov_smirnov(old, now), missing, float("nan"))


def _of_categories(name: str, old: pd.Series, now: pd.Series, missing: tuple[float, float]) -> Trait:
    samples = [[None if pd.isna(value) else str(value) for value in column] for column in (old, now)]
    unseen = ~now.astype(object).isin(old.dropna().unique()) & now.notna()
    return Trait(name, bin_categories(*samples), float("nan"), missing, float(unseen.mean()))


def _lengths(texts: pd.Series) -> np.ndarray:
    return texts.astype("string").str.len().to_numpy(dtype=float, na_value=np.nan)


def _days(dates: pd.Series) -> np.ndarray:
    moments = dates.to_numpy(dtype="datetime64[ns]")
    days = (moments - np.datetime64("1970-01-01", "ns")) / DAY
    return np.where(np.isnat(moments), np.nan, days)


def _as_date(day: float) -> str:
    return str(np.datetime64("1970-01-01", "D") + int(day))
