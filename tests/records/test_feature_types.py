"""The type of a feature: values that fit, values that do not, categories that train lacks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from sakon.errors import DataError
from sakon.problem import ColumnType
from sakon.records.feature_types import (
    UnreadableValues,
    cast_feature,
    check_readable,
    is_non_text,
    refuse_unreadable,
    separate_unreadable,
    unknown_categories,
)


@pytest.mark.parametrize(
    ("column_type", "values", "count", "total", "example"),
    [
        ("number", ["52,31", "1.5", None, " "], 1, 2, "52,31"),
        ("number", [1.0, np.inf, np.nan], 1, 2, "inf"),
        ("boolean", ["maybe", "true", 0, None], 1, 3, "maybe"),
        ("date", ["soon", "2024-05-31", None], 1, 2, "soon"),
        ("date", [20240531.0, np.nan], 1, 1, "20240531.0"),
    ],
)
def test_unreadable_values_are_counted_and_become_missing(
    column_type: ColumnType, values: list[Any], count: int, total: int, example: str
) -> None:
    table = pd.DataFrame({"self": pd.Series(values)})
    readable, unreadable = separate_unreadable(table, {"self": column_type})
    assert unreadable == (UnreadableValues("self", column_type, count, total, example),)
    assert table["self"].notna().sum() - readable["self"].notna().sum() == count
    assert separate_unreadable(readable, {"self": column_type})[1] == ()


def test_the_message_has_the_counts_the_column_and_an_example() -> None:
    table = pd.DataFrame({"hours": ["52,31"] * 60})
    with pytest.raises(DataError, match="60 of 60 values of hours could not be read as numbers, such as '52,31'"):
        check_readable(table, {"hours": "number"})


def test_only_a_larger_share_is_refused() -> None:
    few = UnreadableValues("x", "number", 1, 20, "?")
    refuse_unreadable([few], 0.05)
    with pytest.raises(DataError, match="1 of 20 values of x"):
        refuse_unreadable([few], 0.04)


def test_codes_are_the_same_whether_numbers_or_texts() -> None:
    integers = pd.Series([7, 12])
    for same in (pd.Series([7.0, 12.0, np.nan]), pd.Series(["007", "12.0"]), pd.Series(["7", " 12 "])):
        codes = cast_feature(same, "category", is_non_text=True)
        assert codes[:2].tolist() == cast_feature(integers, "category", is_non_text=True).tolist() == ["7", "12"]
    assert cast_feature(pd.Series([True, "false"]), "category", is_non_text=True).tolist() == ["True", "False"]


def test_codes_of_texts_keep_every_character() -> None:
    codes = pd.Series(["007", "1.10", "1e5", "True", None])
    assert cast_feature(codes, "category").tolist() == ["007", "1.10", "1e5", "True", None]


@pytest.mark.parametrize(
    ("values", "expected"),
    [([1, 2], True), ([1.0], True), ([True, False], True), (["1", "2"], False), (["a", 1], False)],
)
def test_which_categories_were_numbers_or_booleans(values: list[Any], expected: bool) -> None:
    assert is_non_text(pd.Series(values)) is expected
    assert is_non_text(pd.Series(values, dtype=object)) is expected


def test_unknown_categories_are_counted_by_column() -> None:
    train = pd.DataFrame({"code": ["007", "012"], "kind": ["a", "b"], "x": [1.0, 2.0]})
    new = pd.DataFrame({"code": ["7", "012", None], "kind": ["a", "a", "b"], "x": [5.0, 6.0, 7.0]})
    (unknown,) = unknown_categories(new, train, {"code": "category", "kind": "category", "x": "number"})
    assert str(unknown) == "1 of 2 values of code are categories that train lacks, such as '7'"
