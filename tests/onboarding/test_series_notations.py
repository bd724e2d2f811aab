"""Series in the frequencies, zones and notations of real files are recognised, and the reasons say what was assumed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sakon.errors import ParameterError
from sakon.onboarding.configuration import as_configuration
from sakon.onboarding.inference import Proposal, Request, propose
from sakon.onboarding.new import _try_proposal
from sakon.onboarding.readers import find_raw_file


def propose_file(path: Path, target: str, kind: str | None = None) -> tuple[Proposal, dict[str, Any]]:
    """Propose a problem, and check that the proposal is not refused."""
    proposal = propose(find_raw_file(path), Request(target, kind))
    _try_proposal(proposal)
    return proposal, as_configuration(proposal.values)["problem"]


def propose_table(
    folder: Path, table: pd.DataFrame, kind: str | None = None, suffix: str = "csv"
) -> tuple[Proposal, dict[str, Any]]:
    path = folder / f"data.{suffix}"
    table.to_parquet(path) if suffix == "parquet" else table.to_csv(path, index=False)
    return propose_file(path, "y", kind)


def values(count: int) -> np.ndarray:
    return np.sin(np.arange(count) / 3).round(3)


def reason(proposal: Proposal, option: str) -> str:
    return next(value.reason for value in proposal.values if value.path[-1] == option)


CASES = {
    "time-zones/tokyo.parquet": ("visits", {"frequency": "D", "timezone": "Asia/Tokyo"}),
    "time-zones/berlin.parquet": ("visits", {"frequency": "D", "timezone": "Europe/Berlin"}),
    "time-zones/hourly.parquet": ("load", {"frequency": "h", "timezone": "Europe/Berlin"}),
    "monthly-on-the-15th/data.csv": ("y", {"frequency": "MS+14D"}),
    "series-not-seen/annual.csv": ("y", {"frequency": "YS-JAN"}),
    "series-not-seen/epoch.csv": ("y", {"frequency": "h", "timezone": "UTC"}),
    "series-not-seen/fiscal_quarter.csv": ("y", {"frequency": "QE-OCT"}),
    "series-not-seen/last_business_day.csv": ("y", {"frequency": "BME"}),
}


@pytest.mark.parametrize("file", CASES)
def test_case_files(case_files: Path, file: str) -> None:
    target, expected = CASES[file]
    _, problem = propose_file(case_files / file, target)
    assert problem["kind"] == "series"
    assert {name: problem["options"].get(name) for name in expected} == expected


@pytest.mark.parametrize("notation", ["offset", "pandas"])
def test_offsets_of_one_zone_are_recognised_and_the_zone_is_assumed_aloud(tmp_path: Path, notation: str) -> None:
    hours = pd.Series(pd.date_range("2024-10-20", periods=300, freq="h", tz="Europe/Paris"))
    texts = hours.map(pd.Timestamp.isoformat) if notation == "offset" else hours.map(str)
    proposal, problem = propose_table(tmp_path, pd.DataFrame({"ts": texts, "y": values(300)}))
    assert (problem["kind"], problem["options"]["frequency"]) == ("series", "h")
    assert problem["options"]["timezone"] == "Europe/Berlin"  # as good as any other zone with these offsets
    assert reason(proposal, "timezone").startswith("assumed")


def test_one_offset_is_the_zone(tmp_path: Path) -> None:
    days = pd.Series(pd.date_range("2024-01-01", periods=120, tz="Asia/Tokyo")).map(pd.Timestamp.isoformat)
    _, problem = propose_table(tmp_path, pd.DataFrame({"ts": days, "y": values(120)}))
    assert (problem["options"]["frequency"], problem["options"]["timezone"]) == ("D", "+09:00")


@pytest.mark.parametrize(("name", "kind"), [("year", None), ("Jahr", None), ("x", "series")])
def test_years_are_timestamps_of_a_series(tmp_path: Path, name: str, kind: str | None) -> None:
    table = pd.DataFrame({name: np.arange(1950, 2020), "y": values(70)})
    _, problem = propose_table(tmp_path, table, kind)
    assert (problem["kind"], problem["split"], problem["options"]["frequency"]) == ("series", {"time": name}, "YS-JAN")
    assert "covariates" not in problem["options"]


def test_numbers_of_another_name_are_not_years_unless_requested(tmp_path: Path) -> None:
    table = pd.DataFrame({"x": np.arange(1950, 2020), "y": values(70)})
    assert propose_table(tmp_path, table)[1]["kind"] == "tabular"


def test_month_numbers_are_not_series_of_years(tmp_path: Path) -> None:
    years, months = np.divmod(np.arange(12 * 60), 12)
    table = pd.DataFrame({"year": years + 1950, "month": months + 1, "y": values(720), "x": values(720)[::-1]})
    assert propose_table(tmp_path, table)[1]["kind"] == "tabular"


@pytest.mark.parametrize("unit", ["s", "ms"])
@pytest.mark.parametrize(
    ("name", "step", "kind"), [("time", 1, "series"), ("reading", 600, "series"), ("x", 1, "tabular")]
)
def test_unix_times(tmp_path: Path, unit: str, name: str, step: int, kind: str) -> None:
    seconds = 1_704_067_200 + step * np.arange(100)
    table = pd.DataFrame({name: seconds * (1000 if unit == "ms" else 1), "y": values(100), "z": values(100)[::-1]})
    assert propose_table(tmp_path, table)[1]["kind"] == kind


def test_german_texts_are_declared_for_the_file_and_for_requests(tmp_path: Path) -> None:
    days = pd.Series(pd.date_range("2023-01-01", periods=60)).dt.strftime("%d.%m.%Y")
    for suffix in ("csv", "parquet"):
        proposal, problem = propose_table(tmp_path, pd.DataFrame({"Datum": days, "y": values(60)}), suffix=suffix)
        assert (problem["kind"], problem["options"]["frequency"]) == ("series", "D")
        assert problem["options"]["date_format"] == "%d.%m.%Y"
    assert "stores dates as text" in proposal.raw_file.notes[0]


@pytest.mark.parametrize(("alias", "frequency"), [("W-MON", "W-MON"), ("QS", "QS-JAN")])
def test_weeks_and_quarters(tmp_path: Path, alias: str, frequency: str) -> None:
    starts = pd.date_range("2001-01-01", periods=60, freq=alias)
    texts = starts.strftime("%G-W%V") if alias == "W-MON" else starts.to_period("Q").astype(str)
    _, problem = propose_table(tmp_path, pd.DataFrame({"period": texts, "y": values(60)}))
    assert (problem["kind"], problem["options"]["frequency"]) == ("series", frequency)


def test_a_timestamp_between_the_steps_is_named(tmp_path: Path) -> None:
    hours = pd.Series(pd.date_range("2024-01-01", periods=200, freq="h"))
    hours[7] += pd.Timedelta(minutes=10)
    table = pd.DataFrame({"ts": hours, "y": values(200)})
    why = "'ts' has one timestamp per hour, but 1 of its timestamps is in between, such as 2024-01-01 07:10:00"
    proposal, problem = propose_table(tmp_path, table)
    assert problem["kind"] == "tabular"
    assert why in proposal.values[0].reason
    with pytest.raises(ParameterError, match=why):
        propose_table(tmp_path, table, "series")


def test_local_times_that_repeat_are_named(tmp_path: Path) -> None:
    hours = pd.Series(pd.date_range("2024-10-20", periods=400, freq="h", tz="Europe/Berlin")).dt.tz_localize(None)
    proposal, problem = propose_table(tmp_path, pd.DataFrame({"ts": hours, "y": values(400)}))
    assert problem["kind"] == "tabular"
    assert "'ts' repeats 1 timestamp, such as 2024-10-27 02:00:00" in proposal.values[0].reason


def test_a_series_of_two_columns_may_be_requested_as_a_table(tmp_path: Path) -> None:
    for column in (np.arange(1950, 2020), pd.date_range("1950-01-01", periods=70)):
        _, problem = propose_table(tmp_path, pd.DataFrame({"year": column, "y": values(70)}), "tabular")
        assert (problem["kind"], problem.get("split")) == ("tabular", None)


def test_short_tables_are_refused_with_the_number_of_rows(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="the table has only 30 rows"):
        propose_table(tmp_path, pd.DataFrame({"year": np.arange(1990, 2020), "y": values(30)}), "series")


def test_panels_of_different_weekdays_are_not_one_series(tmp_path: Path) -> None:
    frames = [
        pd.DataFrame({"shop": shop, "week": pd.date_range("2022-01-01", periods=60, freq=f"W-{day}"), "y": values(60)})
        for shop, day in (("a", "MON"), ("b", "THU"))
    ]
    assert propose_table(tmp_path, pd.concat(frames))[1]["kind"] == "tabular"  # the kind would refuse shop b
    hours = [
        pd.DataFrame({"shop": shop, "t": pd.date_range("2022-01-01", periods=80, freq=step), "y": values(80)})
        for shop, step in (("a", "2h"), ("b", "h"))
    ]
    assert propose_table(tmp_path, pd.concat(hours))[1]["options"]["frequency"] == "h"
