"""Distributions compared."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


def counted(train, new):
    return BinCounts(tuple(map(str, range(len(train)))), np.array(train), np.array(new))


@given(COUNTS)
def test_the_index_is_no_distance_to_itself_and_the_same_both_ways(pairs):
    train, new = (list(counts) for counts in zip(*pairs, strict=True))
    assert counted(train, train).psi == pytest.approx(0)
    assert counted(train, new).psi >= 0
    assert counted(train, new).psi == pytest.approx(counted(new, train).psi)


def test_the_index_is_the_textbooks():
    p, q = np.array([0.2, 0.3, 0.5]), np.array([0.5, 0.3, 0.2])
    found = counted((p * 1e6).astype(int), (q * 1e6).astype(int)).psi
    assert found == pytest.approx(np.sum((q - p) * np.log(q / p)), rel=1e-4)


def test_an_empty_bin_makes_no_infinity():
    assert np.isfinite(counted([100, 0], [0, 100]).psi)
    assert np.isfinite(counted([0, 0], [0, 0]).psi)


@pytest.mark.parametrize(("rows", "new_rows"), [(1000, 50), (300, 300), (5000, 1000)])
def test_without_change_chance_goes_beyond_its_mark_as_seldom_as_promised(rows, new_rows):
    rng = np.random.default_rng(0)
    beyond = []
    for _ in range(600):
        found = bin_numbers(rng.normal(size=rows), rng.normal(size=new_rows), 10)
        beyond.append(found.psi > found.chance_threshold(0.95))
    assert 0.01 < np.mean(beyond) < 0.08


def test_few_new_rows_are_no_drift_though_their_index_is_large():
    rng = np.random.default_rng(1)
    found = bin_numbers(rng.normal(size=1000), rng.normal(size=15), 10)
    assert found.psi > 0.25
    assert found.strength(0.99) == "none"


@pytest.mark.parametrize(("shift", "strength"), [(0.0, "none"), (0.45, "moderate"), (1.0, "strong")])
def test_the_farther_the_stronger(shift, strength):
    rng = np.random.default_rng(2)
    assert bin_numbers(rng.normal(size=5000), rng.normal(shift, size=5000), 10).strength(0.95) == strength


NUMBERS = st.one_of(st.integers(-5, 5).map(float), st.floats(-1e9, 1e9), st.just(float("nan")))


@settings(deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=80), st.lists(NUMBERS, min_size=1, max_size=80), st.integers(2, 12))
def test_every_row_is_in_one_bin(train, new, bins):
    found = bin_numbers(np.array(train), np.array(new), bins)
    assert (found.train.sum(), found.new.sum()) == (len(train), len(new))
    assert len(found.labels) == len(found.train) == len(found.new) <= 2 * bins + 1
    assert (found.train + found.new > 0).all()


def test_bins_hold_equal_shares_of_train_in_order():
    found = bin_numbers(np.arange(1000.0), np.array([-1e9, 1e9, np.nan]), 4)
    assert found.labels == ("≤ 249.8", "249.8 – 499.5", "499.5 – 749.2", "> 749.2", MISSING)
    assert found.train.tolist() == [250, 250, 250, 250, 0]
    assert found.new.tolist() == [1, 0, 0, 1, 1]


def test_a_value_that_prevails_hides_no_change_of_the_others():
    train = np.where(np.arange(1000) < 970, 0.0, 1.0)
    assert bin_numbers(train, 1 - train, 10).strength(0.99) == "strong"
    assert bin_numbers(train, np.zeros(1000), 10).labels[0] == "0"


def test_a_column_all_missing_in_one_of_both_is_a_strong_drift():
    numbers, nothing = np.arange(100.0), np.full(100, np.nan)
    assert bin_numbers(numbers, nothing, 10).strength(0.99) == "strong"
    assert bin_numbers(nothing, numbers, 10).strength(0.99) == "strong"
    assert bin_numbers(nothing, nothing, 10).strength(0.99) == "none"


def test_categories_rare_unseen_and_missing():
    found = bin_categories(["a"] * 500 + ["b"] * 498 + ["c", None], ["a", "c", "d", "e", None])
    assert dict(zip(found.labels, found.new.tolist(), strict=True)) == {"a": 1, "b": 0, RARE: 1, UNSEEN: 2, MISSING: 1}
    assert dict(zip(found.labels, found.train.tolist(), strict=True))[RARE] == 1


def test_kolmogorov_smirnov():
    numbers = np.arange(100.0)
    assert kolmogorov_smirnov(numbers, numbers) == 0
    assert kolmogorov_smirnov(numbers, np.append(numbers + 50, np.nan)) == pytest.approx(0.5)
    assert np.isnan(kolmogorov_smirnov(numbers, np.array([np.nan])))
