"""Population stability index, bins and the Kolmogorov-Smirnov distance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sakon.metrics import drift
from sakon.metrics.drift import (
    MISSING,
    RARE,
    UNSEEN,
    BinCounts,
    bin_categories,
    bin_numbers,
    kolmogorov_smirnov,
)

COUNTS = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=12)


def bin_counts(train, new):
    return BinCounts(tuple(map(str, range(len(train)))), np.array(train), np.array(new))


@given(COUNTS)
def test_psi_is_zero_for_equal_counts_and_symmetric(pairs):
    train, new = (list(counts) for counts in zip(*pairs, strict=True))
    assert bin_counts(train, train).psi == pytest.approx(0)
    assert bin_counts(train, new).psi >= 0
    assert bin_counts(train, new).psi == pytest.approx(bin_counts(new, train).psi)


def test_psi_equals_the_textbook_formula():
    p, q = np.array([0.2, 0.3, 0.5]), np.array([0.5, 0.3, 0.2])
    result = bin_counts((p * 1e6).astype(int), (q * 1e6).astype(int)).psi
    assert result == pytest.approx(np.sum((q - p) * np.log(q / p)), rel=1e-4)


def test_psi_with_empty_bins_computed_by_hand():
    # shares (9.5, 0.5) / 10 and (4.5, 5.5) / 10
    expected = (0.45 - 0.95) * np.log(0.45 / 0.95) + (0.55 - 0.05) * np.log(0.55 / 0.05)
    assert bin_counts([9, 0], [4, 5]).psi == pytest.approx(expected)
    assert bin_counts([0, 0], [0, 0]).psi == 0


@pytest.mark.parametrize(
    ("train", "new", "level", "quantile", "factor"),
    [
        ([100] * 10, [5] * 10, 0.95, 16.919, 1 / 1000 + 1 / 50),  # quantiles of χ² with 9, 1 and 1 degrees of freedom
        ([30, 10], [3, 1], 0.99, 6.6349, 1 / 40 + 1 / 4),
        ([8], [0], 0.95, 3.8415, 1 / 8 + 1),
        ([0], [8], 0.95, 3.8415, 1 + 1 / 8),
    ],
)
def test_chance_threshold_from_a_table_of_chi_square(train, new, level, quantile, factor):
    assert bin_counts(train, new).chance_threshold(level) == pytest.approx(quantile * factor, rel=1e-4)


@pytest.mark.parametrize(("rows", "new_rows"), [(1000, 50), (300, 300), (5000, 1000)])
def test_psi_exceeds_the_chance_threshold_in_5_percent_of_unchanged_samples(rows, new_rows):
    rng = np.random.default_rng(0)
    exceeded = []
    for _ in range(600):
        result = bin_numbers(rng.normal(size=rows), rng.normal(size=new_rows), 10)
        exceeded.append(result.psi > result.chance_threshold(0.95))
    assert 0.01 < np.mean(exceeded) < 0.08


def test_a_large_psi_of_few_rows_is_no_drift():
    rng = np.random.default_rng(1)
    result = bin_numbers(rng.normal(size=1000), rng.normal(size=15), 10)
    assert result.psi > 0.25
    assert result.strength(0.99) == "none"


def test_bins_of_empty_samples_are_empty():
    empty = np.empty(0)
    for result in (bin_numbers(empty, empty, 10), bin_categories([], [])):
        assert (result.labels, result.train.tolist(), result.new.tolist()) == ((), [], [])


@pytest.mark.parametrize(("shift", "strength"), [(0.0, "none"), (0.45, "moderate"), (1.0, "strong")])
def test_strength_grows_with_the_shift(shift, strength):
    rng = np.random.default_rng(2)
    assert bin_numbers(rng.normal(size=5000), rng.normal(shift, size=5000), 10).strength(0.95) == strength


@pytest.mark.parametrize(("rows", "strength"), [(423, "none"), (421, "moderate"), (378, "moderate"), (376, "strong")])
def test_strength_by_the_conventional_thresholds(rows, strength):
    share = rows / 1000
    psi = 2 * (1 - 2 * share) * np.log((1 - share) / share)  # 0.0957, 0.1008, 0.2431, 0.2512
    result = bin_counts([rows * 1000, (1000 - rows) * 1000], [(1000 - rows) * 1000, rows * 1000])
    assert result.psi == pytest.approx(psi, rel=1e-4)
    assert result.strength(0.95) == strength


def test_a_psi_equal_to_a_threshold_exceeds_it(monkeypatch):
    result = bin_counts([10**6, 2 * 10**6], [10**6, 10**6])
    monkeypatch.setattr(drift, "MODERATE_DRIFT", result.psi)
    assert result.strength(0.95) == "moderate"
    monkeypatch.setattr(drift, "STRONG_DRIFT", result.psi)
    assert result.strength(0.95) == "strong"


NUMBERS = st.one_of(st.integers(-5, 5).map(float), st.floats(-1e9, 1e9), st.just(float("nan")))


@given(st.lists(NUMBERS, min_size=1, max_size=80), st.lists(NUMBERS, min_size=1, max_size=80), st.integers(2, 12))
def test_every_row_is_counted_in_one_bin(train, new, bins):
    result = bin_numbers(np.array(train), np.array(new), bins)
    assert (result.train.sum(), result.new.sum()) == (len(train), len(new))
    assert len(result.labels) == len(result.train) == len(result.new) <= 2 * bins + 1
    assert (result.train + result.new > 0).all()


def test_bins_have_equal_shares_of_train_in_order():
    result = bin_numbers(np.arange(1000.0), np.array([-1e9, 1e9, np.nan]), 4)
    assert result.labels == ("≤ 249.8", "249.8 – 499.5", "499.5 – 749.2", "> 749.2", MISSING)
    assert result.train.tolist() == [250, 250, 250, 250, 0]
    assert result.new.tolist() == [1, 0, 0, 1, 1]


ONE_DOMINANT = [0.0] * 6 + [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ("train", "new", "bins", "labels", "train_counts", "new_counts"),
    [
        (  # 5 has the share of a whole bin, and stands between the quartiles of the others
            [5, 5, 1, 2, 3, 4, 6, 7, 8, 9],
            [5, 5, -1, 100, np.nan],
            5,
            ("≤ 2.75", "2.75 – 5", "5", "5 – 7.25", "> 7.25", MISSING),
            [2, 2, 2, 2, 2, 0],
            [1, 0, 2, 0, 1, 1],
        ),
        ([1, 1, 2, 3, 4], [1], 2, ("≤ 2", "> 2"), [3, 2], [1, 0]),  # 1 has less than half
        ([1, 1, 2, 3], [2.5, 1], 2, ("1", "(others)"), [2, 2], [1, 1]),  # 1 has half
        (ONE_DOMINANT, [0, 3, -1], 2, ("0", "(others)"), [6, 4], [1, 2]),
        (ONE_DOMINANT, [0, 3, -1], 4, ("0", "≤ 2", "2 – 3", "> 3"), [6, 2, 1, 1], [1, 1, 1, 0]),
        ([0, 0, 0], [0, 3, np.nan], 2, ("0", "(others)", MISSING), [3, 0, 0], [1, 1, 1]),
        ([0, 0, 1, 1], [1], 2, ("0", "1"), [2, 2], [0, 1]),
        ([np.nan] * 3, [0, np.nan], 2, ("(all)", MISSING), [0, 3], [1, 1]),
        ([1, 2, 3, 4], [2.5], 1, ("(all)",), [4], [1]),
    ],
)
def test_bins_counted_by_hand(train, new, bins, labels, train_counts, new_counts):
    result = bin_numbers(np.array(train, dtype=float), np.array(new, dtype=float), bins)
    assert result.labels == labels
    assert (result.train.tolist(), result.new.tolist()) == (train_counts, new_counts)


def test_a_dominant_value_does_not_hide_drift_of_the_others():
    train = np.where(np.arange(1000) < 970, 0.0, 1.0)
    assert bin_numbers(train, 1 - train, 10).strength(0.99) == "strong"
    assert bin_numbers(train, np.zeros(1000), 10).labels[0] == "0"


def test_a_column_missing_in_one_sample_is_strong_drift():
    numbers, missing = np.arange(100.0), np.full(100, np.nan)
    assert bin_numbers(numbers, missing, 10).strength(0.99) == "strong"
    assert bin_numbers(missing, numbers, 10).strength(0.99) == "strong"
    assert bin_numbers(missing, missing, 10).strength(0.99) == "none"


def test_rare_unseen_and_missing_categories_have_bins():
    result = bin_categories(["a"] * 500 + ["b"] * 498 + ["c", None], ["a", "c", "d", "e", None])
    assert dict(zip(result.labels, result.new.tolist(), strict=True)) == {
        "a": 1,
        "b": 0,
        RARE: 1,
        UNSEEN: 2,
        MISSING: 1,
    }
    assert dict(zip(result.labels, result.train.tolist(), strict=True))[RARE] == 1


def test_a_category_with_one_percent_of_train_has_a_bin_and_the_most_frequent_is_first():
    train = ["b"] * 7 + ["c"] * 6 + ["d"] + ["a"] * 686  # 7 of 700 rows are 1%
    result = bin_categories(train, ["d", "c", "b", "x"])
    assert result.labels == ("a", "b", RARE, UNSEEN)
    assert (result.train.tolist(), result.new.tolist()) == ([686, 7, 7, 0], [0, 1, 2, 1])
    assert result.train.dtype == result.new.dtype == np.int64


def test_categories_may_have_the_names_of_the_shared_bins():
    result = bin_categories([RARE, UNSEEN, MISSING, "a", None] * 20, [RARE, MISSING, None, "b", "b"])
    assert result.labels == ("a", RARE, UNSEEN, MISSING)
    assert (result.train.tolist(), result.new.tolist()) == ([20, 20, 20, 40], [0, 1, 2, 2])


@pytest.mark.filterwarnings("error")
def test_kolmogorov_smirnov():
    numbers, missing = np.arange(100.0), np.array([np.nan])
    assert kolmogorov_smirnov(numbers, numbers) == 0
    assert kolmogorov_smirnov(numbers, np.append(numbers + 50, missing)) == pytest.approx(0.5)
    assert kolmogorov_smirnov(np.append(numbers, missing), numbers[:20]) == pytest.approx(0.8)
    assert np.isnan(kolmogorov_smirnov(numbers, missing))
    assert np.isnan(kolmogorov_smirnov(missing, numbers))
