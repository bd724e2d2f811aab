"""A proposal of a time series is never refused by the check and the split that follow it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from sakon import kinds
from sakon.onboarding.configuration import as_configuration
from sakon.onboarding.inference import Request, propose
from sakon.onboarding.readers import find_raw_file
from sakon.pipelines.ingestion.nodes import make_records
from sakon.problem import Problem, Schema
from sakon.records.frequency import Frequency

FREQUENCIES = (
    "10s", "10min", "h", "6h", "D", "B", "2D", "W-WED", "2W-SUN", "SMS-15", "SME-15", "MS", "ME", "BMS", "BME", "2MS",
    "MS+14D", "MS+29D", "WOM-3FRI", "LWOM-TUE", "QS-FEB", "QE-OCT", "BQE-DEC", "QS-JAN+9D", "YS-JAN",
    "YE-JUN", "BYE-DEC",
)  # fmt: skip
ZONES = (None, "UTC", "Asia/Kolkata", "Europe/Berlin", "America/Sao_Paulo", "America/Havana")
NOTATIONS = ("parquet", "csv", "jsonl", "german", "unix")


@dataclass(frozen=True)
class Sample:
    """A file with a time series, and its complete grid."""

    path: Path
    notation: str
    grid: pd.DatetimeIndex
    is_panel: bool


def make_grid(frequency: str, zone: str | None, start: str, count: int) -> pd.DatetimeIndex:
    """Return the timestamps of a frequency, at local time in a zone."""
    before = pd.Series([pd.Timestamp(start, tz=zone)], dtype="datetime64[us]" if zone is None else None)
    return Frequency.parse(frequency).following(before, count)


def write(folder: Path, timestamps: pd.DatetimeIndex, columns: dict[str, np.ndarray], notation: str) -> Path:
    """Write a table with timestamps in a notation."""
    times = pd.Series(timestamps)
    texts = {
        "csv": times.astype(str),
        "jsonl": times.map(pd.Timestamp.isoformat),
        "german": times.dt.strftime("%d.%m.%Y %H:%M:%S"),
        "unix": times.dt.as_unit("s").astype("int64"),
    }
    table = pd.DataFrame({"time": texts.get(notation, times), **columns})
    path = folder / f"data.{notation if notation in ('parquet', 'jsonl') else 'csv'}"
    if notation == "parquet":
        table.to_parquet(path)
    elif notation == "jsonl":
        table.to_json(path, orient="records", lines=True)
    else:
        table.to_csv(path, index=False)
    return path


@st.composite
def samples(draw: st.DrawFn, folder: Path) -> Sample:
    notation = draw(st.sampled_from(NOTATIONS))
    zone = None if notation in ("german", "unix") else draw(st.sampled_from(ZONES))
    year, month = draw(st.integers(1975, 2022)), draw(st.integers(1, 12))
    count, series = draw(st.integers(40, 130)), draw(st.integers(1, 3))
    grid = make_grid(draw(st.sampled_from(FREQUENCIES)), zone, f"{year}-{month:02d}-01", count)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    is_present = rng.random((series, count)) >= draw(st.sampled_from((0, 0, 0.03, 0.12)))
    is_present[:, [0, -1]] = True
    is_present[:, :40] = True
    rows = np.nonzero(is_present)
    columns = {"y": rng.normal(size=len(rows[0])).cumsum()}
    if series > 1:
        columns["shop"] = np.array(["north", "south", "west"])[rows[0]]
    return Sample(write(folder, grid[rows[1]], columns, notation), notation, grid, series > 1)


@settings(max_examples=60)
@given(data=st.data())
def test_a_proposed_series_passes_check_and_split(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        sample = data.draw(samples(Path(folder)))
        proposal = propose(find_raw_file(sample.path), Request("y"))
        configuration = as_configuration(proposal.values)["problem"]
        assert configuration["kind"] == "series", proposal.values[0].reason
        problem = Problem.model_validate(configuration)
        records, schema, _ = make_records(proposal.raw_file.load(), problem)
    kind = kinds.get("series")
    assert all(len(split) for split in kind.split(records, schema, problem))
    for _, rows in records.groupby("shop") if sample.is_panel else [("", records)]:
        assert instants(rows["time"]) == instants(pd.Series(sample.grid))
    restored = Schema.model_validate_json(schema.model_dump_json())
    window = kind.from_request(kind.to_request(records, restored), restored)
    assert restored.timeline is not None
    if sample.notation != "parquet" and sample.grid.tz is not None:
        return  # offsets tell the zone of the past, but not of the future
    following = Frequency.parse(restored.timeline.frequency).following(
        pd.Series(sample.grid), restored.timeline.horizon
    )
    assert instants(window["time"].tail(restored.timeline.horizon)) == instants(pd.Series(following))


def instants(timestamps: pd.Series) -> list[int]:
    """Return timestamps as microseconds since 1970 in UTC."""
    return [int(value) for value in timestamps.dt.as_unit("us").astype("int64")]
