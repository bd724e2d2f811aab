"""Every column gets the role of its rule."""

from __future__ import annotations

import lookalikes
import numpy as np
import pandas as pd
import pytest

from sakon.onboarding.column_roles import infer_roles

ROWS = 200
RNG = np.random.default_rng(0)


def role_of(values: object, name: str) -> tuple[str, str]:
    """Return the role of a column, and the reason or the type."""
    table = pd.DataFrame({name: values, "target": RNG.random(ROWS)})
    roles = infer_roles(table, "target")
    for role in ("ignored", "groups", "codes", "texts", "dates", "types"):
        if name in getattr(roles, role):
            return role, str(getattr(roles, role)[name])
    raise AssertionError(f"{name} has no role")


CASES = {
    "constant": ([7] * ROWS, "x", "ignored", "the same in every row"),
    "empty": ([None] * ROWS, "x", "ignored", "empty"),
    "row numbers from 1": (np.arange(1, ROWS + 1), "anything", "ignored", "row numbers"),
    "identifier": (RNG.permutation(ROWS * 3)[:ROWS], "order_id", "ignored", "different value in every row"),
    "identifier in camel case": ([f"a{i}" for i in range(ROWS)], "customerID", "ignored", "an identifier"),
    "names": ([f"Mr {i}" for i in range(ROWS)], "name", "ignored", "hardly repeats"),
    "repeated identifier": (np.arange(ROWS) % 40, "customer_id", "groups", "40 values that repeat, 5 rows each"),
    "subject": (np.arange(ROWS) % 30, "subject", "groups", "30 values"),
    "identifier of few values": (np.arange(ROWS) % 4, "store_id", "types", "number"),
    "amount of many values": (RNG.permutation(ROWS * 3)[:ROWS], "price", "types", "number"),
    "count named number of": (np.arange(ROWS) % 20, "number_of_rooms", "types", "number"),
    "fraction named id": (RNG.random(ROWS), "id", "types", "number"),
    "code": (RNG.integers(10_000, 10_020, ROWS), "zip", "codes", "codes"),
    "category": (RNG.choice(["a", "b"], ROWS), "colour", "types", "category"),
    "boolean": (RNG.random(ROWS) < 0.5, "member", "types", "boolean"),
    "free text": ([f"the value number {i} is written here" for i in range(ROWS)], "note", "texts", "7 words"),
    "free text without blanks": ([f"今日は天気がいいです{i}" for i in range(ROWS)], "note", "texts", "free text"),
    "sentences that repeat": (
        ["one of two sentences here", "two of two sentences here"] * 100,
        "q",
        "types",
        "category",
    ),
    "several decimal marks": ([f"{i}{',.'[i % 2]}5" for i in range(ROWS)], "price", "ignored", "several notations"),
    "several answers": (["1,2", "1,3", "2,3", "1"] * (ROWS // 4), "answers", "types", "category"),
    "codes with zeros": ([f"{i % 7:03d}" for i in range(ROWS)], "department", "types", "category"),
    "blank text": ([" "] * ROWS, "note", "ignored", "empty"),
    "a word among dates": (
        [*pd.date_range("2020-01-01", periods=ROWS - 1).strftime("%d.%m.%Y"), "soon"],
        "since",
        "ignored",
        f"most values are dates such as '01.01.2020': row {ROWS} contains 'soon'",
    ),
    "a word among numbers": (
        [None, "much", *range(ROWS - 2)],
        "price",
        "ignored",
        "numbers such as '0': row 2 contains 'much'",
    ),
    "texts among dates": (
        [*pd.date_range("2020-01-01", periods=ROWS - 1), "05.01.2023"],
        "since",
        "ignored",
        f"dates and texts: row {ROWS} contains the text '05.01.2023'",
    ),
    "intervals": (
        [f"{day:%d.%m.%Y %H:%M} - {day:%d.%m.%Y} 23:59" for day in pd.date_range("2020-01-01", periods=ROWS)],
        "when",
        "ignored",
        "intervals between two dates, such as '01.01.2020 00:00 - 01.01.2020 23:59'",
    ),
    "months in German": (
        [f"{i % 28 + 1}. {['Januar', 'März', 'Mai', 'Dezember'][i % 4]} {2000 + i // 28}" for i in range(ROWS)],
        "since",
        "ignored",
        "months that are not English, such as '1. Januar 2000'; store them as 2024-05-31",
    ),
    "months in Spanish": (
        [f"{i % 28 + 1} de {['enero', 'marzo', 'mayo'][i % 3]} de {2000 + i // 28}" for i in range(ROWS)],
        "since",
        "ignored",
        "months that are not English",
    ),
    "numbers of many digits": (
        np.array([4000123412341234567, 4000123412341234568] * (ROWS // 2)),
        "card",
        "codes",
        "so many digits",
    ),
    "dates": (pd.date_range("2020-01-01", periods=ROWS).strftime("%d.%m.%Y"), "since", "dates", ""),
}


@pytest.mark.parametrize("name", CASES)
def test_role_and_reason(name: str) -> None:
    values, column, expected_role, expected_reason = CASES[name]
    role, reason = role_of(values, column)
    assert role == expected_role
    assert expected_reason in reason


def test_every_column_has_exactly_one_role() -> None:
    table = lookalikes.churn()
    roles = infer_roles(table, "churn")
    names = [*roles.ignored, *roles.groups, *roles.texts, *roles.dates, *roles.types]
    assert sorted(names) == sorted(table.columns.drop("churn"))
    assert set(roles.codes) == {"zip"}
    assert set(roles.ignored) == {"customerID"}
