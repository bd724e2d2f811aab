"""The table of drift, trait by trait."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sakon.records.drifting import COLUMNS, drift, traits


def table(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "still": rng.normal(size=rows),
            "colour": rng.choice(["red", "green"], rows).astype(object),
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), unit="D"),
            "moved": rng.normal(size=rows),
            "message": [f"message {number} {'x' * rng.integers(50)}" for number in range(rows)],
        }
    )


def test_the_strongest_drift_comes_first() -> None:
    new = table(300, 1)
    new["moved"] += 2
    new.loc[:99, "colour"] = "violet"
    new.loc[200:, "colour"] = None
    found = drift(table(900, 0), new, 10, 0.95)
    assert list(found.columns) == COLUMNS
    assert list(found["feature"][:2]) == ["colour", "moved"]
    assert list(found["drift"]) == ["strong"] * 2 + ["none"] * 3
    colour = found.set_index("feature").loc["colour"]
    assert (colour["missing_train"], colour["missing_new"], colour["unseen_new"]) == (0, 1 / 3, 1 / 3)
    assert np.isnan(colour["ks"])
    assert found.set_index("feature").loc["moved", "ks"] > 0.5


def test_later_dates_are_a_drift_and_written_as_dates() -> None:
    new = table(300, 1)
    new["since"] += pd.Timedelta(days=900)
    found = {trait.name: trait for trait in traits(table(900, 0), new, 4)}["since"]
    assert found.ks == 1
    assert found.counted.labels[0].startswith("≤ 2020-")


def test_texts_that_never_repeat_are_compared_by_their_length() -> None:
    assert drift(table(900, 0), table(300, 1), 10, 0.95).set_index("feature").loc["message (length)", "drift"] == "none"
    longer = table(300, 1).assign(message=lambda t: t["message"] + "y" * 60)
    assert drift(table(900, 0), longer, 10, 0.95)["feature"][0] == "message (length)"


def test_many_traits_give_chance_many_chances() -> None:
    rng = np.random.default_rng(0)
    train, new = pd.DataFrame(rng.normal(size=(2000, 200))), pd.DataFrame(rng.normal(size=(60, 200)))
    found = drift(train.add_prefix("x"), new.add_prefix("x"), 10, 0.95)
    assert (found["psi"] > 0.25).any()
    assert set(found["drift"]) == {"none"}
