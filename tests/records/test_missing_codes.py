"""Numbers that may stand for missing values are named, and only these."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sakon.pipelines.ingestion.nodes import make_records
from sakon.problem import DataProfile, Problem
from sakon.records.missing_codes import find_missing_codes, find_missing_days
from sakon.records.profile import describe_records

AGES = [18, 25, 31, 31, 44, 52, 60, 67, 71, 75, 80, 80]


def codes(values: list[float]) -> dict[float, int]:
    return {code.value: code.rows for code in find_missing_codes(pd.Series(values, dtype=float))}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([*AGES, -999, -999], {-999: 2}),
        ([*AGES, 9999, 9999, 9999], {9999: 3}),
        ([*AGES, -1, -1], {-1: 2}),
        ([*AGES, -9, -9, -8, -8, -8, 999, 999], {999: 2}),
        ([1, 2, 3, 4, 5, -9, -9, -8, -8, 99, 99], {-9: 2, -8: 2, 99: 2}),
        ([0.0, 1.0, 1.0, 99.0, 99.0], {99: 2}),
        ([0.1, 0.5, 0.7, -99.9, -99.9], {-99.9: 2}),
        ([0.1, 0.5, 0.7, 9.96921e36, 9.96921e36], {9.96921e36: 2}),
        ([*AGES, -32768, -32768], {-32768: 2}),
        ([float(np.float32(-999.9)), float(np.float32(-999.9)), *AGES], {float(np.float32(-999.9)): 2}),
        ([*AGES, 9999], {}),  # once
        ([*AGES, 6000, 9999, 9999], {}),  # not far
        ([*AGES, -999, -9999, -9999], {-9999: 2}),
        ([*AGES, -9999, -999, -999], {-999: 2}),
        ([*AGES, 99, 99], {}),  # near
        ([*AGES, 1000, 1000], {}),  # not written as codes are
        ([-1, 1, -1, 1], {}),
        ([-1, 0, 1, -1, 0, 1], {}),
        ([*range(12), -1, -1, -2, -2], {}),  # negative values are usual here
        ([5, 5, 5, 5], {}),
        ([], {}),
    ],
)
def test_codes_repeat_outside_of_all_other_values(values: list[float], expected: dict[float, int]) -> None:
    assert codes(values) == expected


@given(
    others=st.sets(st.floats(100, 600), min_size=2, max_size=30).map(list),
    code=st.sampled_from([-9999, 9999, -99999, 99999, -7777]),
    rows=st.integers(2, 5),
)
def test_far_codes_are_found_among_any_numbers(others: list[float], code: int, rows: int) -> None:
    (found,) = find_missing_codes(pd.Series([*others, *[float(code)] * rows, np.nan]))
    assert (found.value, found.rows) == (code, rows)
    assert (found.lowest, found.highest) == (min(others), max(others))


def profile_of(**options: object) -> DataProfile:
    numbers = np.arange(60)
    table = pd.DataFrame({"max temp": numbers % 13 + 8.5, "age": numbers + 18, "y": numbers % 17 / 2})
    table.loc[::6, "max temp"] = -999
    table.loc[::20, "y"] = 9999
    return make_records(table, Problem(kind="tabular", target="y", options=options))[2]


def test_codes_of_features_and_target_are_said_with_what_to_write() -> None:
    assert describe_records(profile_of()) == [
        "'max temp' has -999 in 10 rows, outside of its other values (8.5 to 20.5); if it stands for a missing value, "
        'add "max temp": [-999] to problem.options.missing.',
        "'y' has 9999 in 3 rows, outside of its other values (0 to 8); if it stands for a missing value, "
        'add "y": [9999] to problem.options.missing.',
    ]


def test_declared_codes_are_missing_and_not_said() -> None:
    profile = profile_of(missing={"max temp": [-999], "y": [9999]})
    assert (profile.missing, profile.missing_codes) == ({"max temp": 9}, {})
    assert describe_records(profile) == ["3 rows without a target are excluded."]


def test_filled_gaps_of_a_series_do_not_hide_codes() -> None:
    days = pd.Series(pd.date_range("2024-01-01", periods=200))
    table = pd.DataFrame({"day": days, "t": np.arange(200) % 7 + 10.0})
    table.loc[::10, "t"] = -999
    options = {"gaps": "fill", "horizon": 2, "lookback": 4}
    problem = Problem.model_validate({"kind": "series", "target": "t", "split": {"time": "day"}, "options": options})
    (code,) = make_records(table.drop(index=[11, 51, 81]), problem)[2].missing_codes["t"]
    assert (code.value, code.rows, code.lowest, code.highest) == (-999, 20, 10, 16)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (["2023-05-01", "2023-06-01", "9999-12-31", "9999-12-31"], {"9999-12-31": 2}),
        (["1900-01-01 00:00", "1900-01-01 00:00", "1950-05-01", "2020-06-01"], {"1900-01-01": 2}),
        (["0001-01-01", "0001-01-01", "2023-05-01", "2023-06-01"], {"0001-01-01": 2}),
        (["2023-05-01", "2023-06-01", "9999-12-31"], {}),
        (["1969-05-01", "1970-01-01", "1970-01-01", "1970-06-01"], {}),
        (["2023-05-01", "2023-06-01", "2043-01-01", "2043-01-01"], {}),
        (["9999-12-31", "9999-12-31"], {}),
    ],
)
def test_first_and_last_days_of_calendars_may_stand_for_missing_ones(days: list[str], expected: dict[str, int]) -> None:
    column = pd.Series(pd.to_datetime(pd.Series([*days, None]), format="ISO8601"))
    assert {code.value: code.rows for code in find_missing_days(column)} == expected


def test_days_and_single_precision_are_written_as_they_are_declared() -> None:
    numbers = np.arange(60)
    raw = pd.DataFrame({"until": "2024-05-31", "t": np.float32(-999.9), "big": 2.0**31, "y": numbers % 7 / 2})
    raw.loc[::2, "until"] = [f"2023-{1 + n % 12:02d}-01" for n in range(30)]
    raw.loc[1::2, "until"] = "9999-12-31"
    raw.loc[::2, "t"] = np.arange(30, dtype="float32")
    raw.loc[::2, "big"] = np.arange(30)
    said = describe_records(make_records(raw, Problem(kind="tabular", target="y"))[2])
    written = [sentence.split(" add ")[1] for sentence in said]
    assert written == [
        '"t": [-999.9] to problem.options.missing.',
        '"big": [2147483648] to problem.options.missing.',
        '"until": ["9999-12-31"] to problem.options.missing.',
    ]
    missing = {"t": [-999.9], "big": [2147483648], "until": ["9999-12-31"]}
    profile = make_records(raw, Problem(kind="tabular", target="y", options={"missing": missing}))[2]
    assert profile.missing == {"until": 30, "t": 30, "big": 30}
    assert profile.missing_codes == {}
