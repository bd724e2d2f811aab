"""Drift of the features."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sakon.records.feature_drift import COLUMNS, compare_features, measure_drift


def table(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "stable": rng.normal(size=rows),
            "colour": rng.choice(["red", "green"], rows).astype(object),
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), unit="D"),
            "moved": rng.normal(size=rows),
            "message": [f"message {number} {'x' * rng.integers(50)}" for number in range(rows)],
        }
    )


def test_features_are_sorted_by_drift() -> None:
    new = table(300, 1)
    new["moved"] += 2
    new.loc[:99, "colour"] = "violet"
    new.loc[200:, "colour"] = None
    drift = measure_drift(table(900, 0), new, 10, 0.95)
    assert list(drift.columns) == COLUMNS
    assert list(drift["feature"][:2]) == ["colour", "moved"]
    assert list(drift["drift"]) == ["strong"] * 2 + ["none"] * 3
    colour = drift.set_index("feature").loc["colour"]
    assert (colour["missing_train"], colour["missing_new"], colour["unseen_new"]) == (0, 1 / 3, 1 / 3)
    assert np.isnan(colour["ks"])
    assert drift.set_index("feature").loc["moved", "ks"] > 0.5


def test_dates_are_compared_as_days_and_labelled_as_dates() -> None:
    new = table(300, 1)
    new["since"] += pd.Timedelta(days=900)
    since = {feature.name: feature for feature in compare_features(table(900, 0), new, 4)}["since"]
    assert since.ks == 1
    assert since.bin_counts.labels[0].startswith("≤ 2020-")


def test_distinct_texts_are_compared_by_length() -> None:
    same = measure_drift(table(900, 0), table(300, 1), 10, 0.95)
    assert same.set_index("feature").loc["message (length)", "drift"] == "none"
    longer = table(300, 1).assign(message=lambda t: t["message"] + "y" * 60)
    assert measure_drift(table(900, 0), longer, 10, 0.95)["feature"][0] == "message (length)"


def test_threshold_is_corrected_for_the_number_of_features() -> None:
    rng = np.random.default_rng(0)
    train, new = pd.DataFrame(rng.normal(size=(2000, 200))), pd.DataFrame(rng.normal(size=(60, 200)))
    drift = measure_drift(train.add_prefix("x"), new.add_prefix("x"), 10, 0.95)
    assert (drift["psi"] > 0.25).any()
    assert set(drift["drift"]) == {"none"}
