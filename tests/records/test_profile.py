"""Possible target leakage, and what only looks like it; notes on the target."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sakon.onboarding.checking import profile_warnings
from sakon.pipelines.ingestion.nodes import make_records
from sakon.problem import DataProfile, Problem
from sakon.records.profile import describe_records


def rides(rows: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"heat": rng.normal(size=rows), "casual": rng.poisson(30, rows)})
    table["registered"] = rng.poisson(60, rows)
    return table.assign(total=table["casual"] + table["registered"])


def profile(table: pd.DataFrame, **problem: Any) -> DataProfile:
    return make_records(table, Problem.model_validate({"kind": "tabular", "target": "total"} | problem))[2]


def test_terms_of_a_total_are_named() -> None:
    leaks = profile(rides())
    assert leaks.suspicious_leaks == {}
    assert leaks.sum_leak == ("casual", "registered")
    (warning,) = profile_warnings(leaks)
    assert "casual, registered" in warning
    assert "problem.options.ignore" in warning
    noise = np.random.default_rng(1).normal(size=400)
    assert profile(rides().assign(total=lambda table: table["total"] + noise)).sum_leak == ()


def test_columns_not_known_ahead_are_no_leak_of_a_forecast() -> None:
    days = pd.date_range("2024-01-01", periods=400)
    table = rides().assign(day=days, double=lambda table: 2 * table["total"])
    series = {"kind": "series", "split": {"time": "day"}}
    companions = ["casual", "registered", "double"]
    options = {"horizon": 7, "lookback": 14}
    hidden = profile(table, **series, options=options | {"covariates": companions})
    assert (hidden.suspicious_leaks, hidden.sum_leak) == ({}, ())
    ahead = profile(table, **series, options=options | {"known": companions})
    assert list(ahead.suspicious_leaks) == ["double"]
    assert "problem.options.known" in profile_warnings(ahead)[0]


def test_association_of_rarely_repeated_values_is_adjusted() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"place": np.arange(40) % 36, "heat": rng.normal(size=40), "total": rng.normal(size=40)})
    assert profile(table).suspicious_leaks == {}
    table["place"] = np.arange(40) % 4
    assert list(profile(table.assign(total=table["place"] + 0.5)).suspicious_leaks) == ["place"]


def test_classes_that_may_be_one_and_rows_without_a_target_are_said() -> None:
    labels = ["yes", " yes", "Yes ", "no", None]
    (missing, similar) = describe_records(profile(rides(40).assign(total=labels * 8)))
    assert missing == "8 rows without a target are excluded."
    assert similar == (
        "The classes ' yes' (8 rows) and 'Yes ' (8 rows) and 'yes' (8 rows) differ only in blanks or case; correct the "
        "data if they are one."
    )
    assert describe_records(profile(rides(40).assign(total=["a", "b"] * 20))) == []
