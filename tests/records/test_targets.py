"""Targets of new records, some of which are missing; messages about targets."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sakon.errors import DataError
from sakon.problem import Problem
from sakon.records.targets import parse_new_target, target_errors


@pytest.mark.parametrize(
    ("raw", "classes", "expected"),
    [
        ([0, 1, 1], (0, 1), {0: 0, 1: 1, 2: 1}),
        ([0.0, np.nan, 1.0], (0, 1), {0: 0, 2: 1}),
        ([1.0, np.nan], ("1", "2", "x"), {0: "1"}),
        ([" yes", "", None, "no"], ("no", "yes"), {0: "yes", 3: "no"}),
        ([True, None], (False, True), {0: True}),
        (["a", "new"], ("a", "b"), {0: "a", 1: "new"}),
        ([None, None], ("a", "b"), {}),
        ([], ("a", "b"), {}),
    ],
)
def test_labels_get_the_type_of_the_classes(raw: list, classes: tuple, expected: dict) -> None:
    labels = parse_new_target(pd.Series(raw, dtype=None if raw else object), "y", "classification", classes)
    assert labels.to_dict() == expected
    assert [type(value) for value in labels] == [type(value) for value in expected.values()]


def test_labels_without_any_class_of_the_model_are_refused() -> None:
    with pytest.raises(DataError, match="expected classes of the champion .'a', 'b'.* only 'c'"):
        parse_new_target(pd.Series(["c", None]), "y", "classification", ("a", "b"))


def test_numeric_targets() -> None:
    assert parse_new_target(pd.Series(["1.5", None, ""]), "y", "regression", ()).to_dict() == {0: 1.5}
    assert parse_new_target(pd.Series([], dtype=object), "y", "regression", ()).empty
    with pytest.raises(DataError, match="Target 'y': expected numbers .* found 'much' in row 1"):
        parse_new_target(pd.Series([1, "much"]), "y", "regression", ())
    with pytest.raises(DataError, match="expected finite numbers"):
        parse_new_target(pd.Series([1, np.inf]), "y", "regression", ())


@pytest.mark.parametrize("value", [True, 7, 1.5, "a"])
def test_messages_show_values_without_their_types(value: object) -> None:
    (message,) = target_errors(pd.Series([value] * 20), Problem(kind="tabular", target="y"))
    assert message.endswith(f"found only {value!r}.")
