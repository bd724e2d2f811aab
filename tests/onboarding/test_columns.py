"""Each column finds the use that its rule gives it."""

from __future__ import annotations

import lookalikes
import numpy as np
import pandas as pd
import pytest

from sakon.onboarding import columns

ROWS = 200
RNG = np.random.default_rng(0)


def role(values: object, name: str) -> tuple[str, str]:
    """Return what a column is for, and the reason or the type."""
    table = pd.DataFrame({name: values, "target": RNG.random(ROWS)})
    roles = columns.find(table, "target")
    for kind in ("ignore", "group", "category", "text", "dates", "plain"):
        if name in getattr(roles, kind):
            return kind, str(getattr(roles, kind)[name])
    raise AssertionError(f"{name} has no role")


CASES = {
    "constant": ([7] * ROWS, "x", "ignore", "the same in every row"),
    "empty": ([None] * ROWS, "x", "ignore", "empty"),
    "row numbers from 1": (np.arange(1, ROWS + 1), "anything", "ignore", "numbers the rows"),
    "identifier": (RNG.permutation(ROWS * 3)[:ROWS], "order_id", "ignore", "another value in every row"),
    "identifier in camel case": ([f"a{i}" for i in range(ROWS)], "customerID", "ignore", "an identifier"),
    "names": ([f"Mr {i}" for i in range(ROWS)], "name", "ignore", "hardly repeats"),
    "repeated identifier": (np.arange(ROWS) % 40, "customer_id", "group", "40 values that repeat, 5 rows each"),
    "subject": (np.arange(ROWS) % 30, "subject", "group", "30 values"),
    "identifier of few values": (np.arange(ROWS) % 4, "store_id", "plain", "number"),
    "amount of many values": (RNG.permutation(ROWS * 3)[:ROWS], "price", "plain", "number"),
    "count named number of": (np.arange(ROWS) % 20, "number_of_rooms", "plain", "number"),
    "fraction named id": (RNG.random(ROWS), "id", "plain", "number"),
    "code": (RNG.integers(10_000, 10_020, ROWS), "zip", "category", "codes"),
    "category": (RNG.choice(["a", "b"], ROWS), "colour", "plain", "category"),
    "boolean": (RNG.random(ROWS) < 0.5, "member", "plain", "boolean"),
    "free text": ([f"the value number {i} is written here" for i in range(ROWS)], "note", "text", "7 words"),
    "free text without blanks": ([f"今日は天気がいいです{i}" for i in range(ROWS)], "note", "text", "free text"),
    "sentences that repeat": (
        ["one of two sentences here", "two of two sentences here"] * 100,
        "q",
        "plain",
        "category",
    ),
    "other decimal marks": ([f"{i},5" for i in range(ROWS)], "price", "ignore", "other marks"),
    "blank text": ([" "] * ROWS, "note", "ignore", "empty"),
    "a word among dates": (
        [*pd.date_range("2020-01-01", periods=ROWS - 1).strftime("%d.%m.%Y"), "soon"],
        "since",
        "ignore",
        f"most values are dates such as '01.01.2020': row {ROWS} holds 'soon'",
    ),
    "a word among numbers": (
        [None, "much", *range(ROWS - 2)],
        "price",
        "ignore",
        "numbers such as '0': row 2 holds 'much'",
    ),
    "dates": (pd.date_range("2020-01-01", periods=ROWS).strftime("%d.%m.%Y"), "since", "dates", ""),
}


@pytest.mark.parametrize("name", CASES)
def test_a_column_finds_its_role(name: str) -> None:
    values, column, kind, why = CASES[name]
    found, reason = role(values, column)
    assert found == kind
    assert why in reason


def test_every_column_has_exactly_one_use() -> None:
    table = lookalikes.churn()
    roles = columns.find(table, "churn")
    uses = [*roles.ignore, *roles.group, *roles.text, *roles.dates, *roles.plain]
    assert sorted(uses) == sorted(table.columns.drop("churn"))
    assert set(roles.category) == {"zip"}
    assert set(roles.ignore) == {"customerID"}
