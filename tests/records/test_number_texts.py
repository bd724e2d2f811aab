"""Numbers in texts with marks of their own."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from sakon.records.number_texts import parse_numbers


def texts(*values: str | None) -> pd.Series:
    return pd.Series(values, dtype="str")


@pytest.mark.parametrize(
    ("decimal", "thousands", "values", "numbers"),
    [
        (",", ".", ("1.500,49", "-2", " 1.234.567 ", "3,5e2"), [1500.49, -2, 1234567, 350]),
        (".", ",", ("1,234.5", "42,051", ".5"), [1234.5, 42051, 0.5]),
        (".", None, ("1.5", "-2", "1e3"), [1.5, -2, 1000]),
        (",", None, ("52,31", "7"), [52.31, 7]),
    ],
)
def test_numbers_in_the_format_of_the_file(
    decimal: str, thousands: str | None, values: tuple[str, ...], numbers: list[float]
) -> None:
    assert parse_numbers(texts(*values), decimal, thousands).tolist() == numbers


@pytest.mark.parametrize(
    ("decimal", "thousands", "value"),
    [(".", ",", "52,31"), (".", ",", "1,2345"), (",", None, "61.45"), (".", None, "61,45"), (",", ".", "1.5")],
)
def test_a_number_in_another_format_stays_a_text(decimal: str, thousands: str | None, value: str) -> None:
    parsed = parse_numbers(texts("1", value, None), decimal, thousands)
    assert parsed.tolist()[:2] == [1, value]
    assert pd.isna(parsed[2])


def test_numbers_have_the_bits_that_pandas_reads() -> None:
    rng = np.random.default_rng(0)
    values = (rng.normal(size=2000) * 10.0 ** rng.integers(-9, 9, 2000)).tolist()
    lines = "\n".join(["x", *map(repr, values)])
    numbers = pd.read_csv(io.StringIO(lines))["x"]
    as_text = pd.read_csv(io.StringIO(lines), dtype=str)["x"]
    pd.testing.assert_series_equal(parse_numbers(as_text), numbers, check_exact=True)
    pd.testing.assert_series_equal(parse_numbers(as_text.str.replace(".", ","), ","), numbers, check_exact=True)
