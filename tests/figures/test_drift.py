"""Figures of drift."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sakon.figures.drift import bin_shares, stability_indices
from sakon.metrics.drift import BinCounts
from sakon.records.feature_drift import measure_drift


def test_a_bar_per_feature_with_the_strongest_on_top() -> None:
    rng = np.random.default_rng(0)
    train = pd.DataFrame(rng.normal(size=(500, 60)), columns=[f"x{i}" for i in range(60)])
    new = train.sample(200, random_state=0).reset_index(drop=True)
    new["x7"] += 3
    table = measure_drift(train, new, 10, 0.95)
    figure = stability_indices(table, len(new))
    bars = {trace.name: trace for trace in figure.data}
    assert bars["strong"].y == ("x7",)
    assert len(bars["none"].y) == 39
    assert figure.layout.yaxis.categoryarray[-1] == "x7"
    assert "200 new records" in figure.layout.title.text
    assert "20 features with weaker drift" in figure.layout.title.text


def test_bins_with_the_largest_shares_are_shown_for_both_samples() -> None:
    labels = tuple(f"a very long label of bin {i}" for i in range(20))
    counts = np.arange(1, 21)
    figure = bin_shares({"x": BinCounts(labels, counts, counts[::-1]), "y": BinCounts(("a",), counts[:1], counts[:1])})
    train, new = figure.data[:2]
    assert (train.name, new.name) == ("train", "new")
    assert len(train.y) == 12
    assert max(train.y) == 20 / 210
    assert [trace.showlegend for trace in figure.data] == [True, True, False, False]


def test_without_features_the_figure_states_it() -> None:
    assert "no features to compare" in stability_indices(pd.DataFrame(), 0).layout.annotations[0].text
    assert "no features to compare" in bin_shares({}).layout.annotations[0].text
