"""Targets that are known of some records only."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sakon.errors import DataError
from sakon.records.targets import known_target


@pytest.mark.parametrize(
    ("given", "classes", "known"),
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
def test_known_labels_have_the_type_of_the_classes(given: list, classes: tuple, known: dict) -> None:
    found = known_target(pd.Series(given, dtype=None if given else object), "y", "classification", classes)
    assert found.to_dict() == known
    assert [type(value) for value in found] == [type(value) for value in known.values()]


def test_labels_of_which_the_model_knows_none_are_refused() -> None:
    with pytest.raises(DataError, match="expected classes that the champion knows .'a', 'b'.* none of them but 'c'"):
        known_target(pd.Series(["c", None]), "y", "classification", ("a", "b"))


def test_numbers() -> None:
    assert known_target(pd.Series(["1.5", None, ""]), "y", "regression", ()).to_dict() == {0: 1.5}
    assert known_target(pd.Series([], dtype=object), "y", "regression", ()).empty
    with pytest.raises(DataError, match="Target 'y': expected numbers .* found 'much' in row 1"):
        known_target(pd.Series([1, "much"]), "y", "regression", ())
    with pytest.raises(DataError, match="expected finite numbers"):
        known_target(pd.Series([1, np.inf]), "y", "regression", ())
