"""Series: moments in order, windows without a leak, forecasts from a history."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from fabricate import panel
from hypothesis import given, settings
from hypothesis import strategies as st

from sakon.errors import DataError
from sakon.kinds import get
from sakon.layers.forecast_offset import forecast_offset, seasonal_steps
from sakon.pipelines.preprocessing.nodes import fit_preprocessor, transform
from sakon.problem import Problem

SERIES = get("series")


def days(count: int, **columns: Any) -> pd.DataFrame:
    moments = pd.date_range("2024-01-01", periods=count)
    return pd.DataFrame({"day": moments, "value": np.arange(count, dtype=float) % 11, **columns})


def problem(split: dict[str, Any] | None = None, **options: Any) -> Problem:
    options = {"horizon": 3, "lookback": 7} | options
    return Problem(kind="series", target="value", split={"time": "day"} | (split or {}), options=options)


def read(raw: pd.DataFrame, given_problem: Problem) -> tuple[Any, ...]:
    """Records, schema, and for each part its records and what models read of them."""
    records, schema = SERIES.make_records(raw, given_problem)
    parts = SERIES.split(records, schema, given_problem)
    preprocessor, spec = fit_preprocessor(parts[0], schema, given_problem)
    return records, schema, spec, [(part, transform(part, preprocessor, spec, schema)) for part in parts]


@settings(max_examples=25, deadline=None)
@given(
    st.integers(90, 160), st.integers(1, 6), st.integers(1, 12), st.floats(0.1, 0.3), st.floats(0.1, 0.3), st.booleans()
)
def test_no_target_of_one_part_is_seen_by_an_earlier_one(
    count: int, horizon: int, lookback: int, validation: float, test: float, shuffled: bool
) -> None:
    raw = days(count)
    raw = raw.sample(frac=1, random_state=0) if shuffled else raw
    given_problem = problem({"validation": validation, "test": test}, horizon=horizon, lookback=lookback)
    records, _, _, parts = read(raw, given_problem)
    targets = [{row + step for row in read_part.row for step in range(1, horizon + 1)} for _, read_part in parts]
    assert all(targets)
    for earlier, later in ((0, 1), (0, 2), (1, 2)):
        assert max(targets[earlier]) < min(targets[later])
        assert max(parts[earlier][0]["row"]) < min(targets[later])
    assert max(targets[2]) == len(records) - 1
    assert min(parts[0][1].row) == lookback - 1


def test_a_window_holds_what_was_and_hides_what_is_to_come() -> None:
    raw = days(120, weather=np.arange(120.0) ** 2, sale=np.arange(120) % 2 == 0)
    given_problem = problem(covariates=["weather"], known=["sale"])
    records, _, spec, parts = read(raw, given_problem)
    train_records, part = parts[0]
    mean, scale = train_records["value"].mean(), train_records["value"].std(ddof=0)
    row = part.row[4]
    seen = records["value"].to_numpy()
    np.testing.assert_allclose(part.x[4, :7, 0], (seen[row - 6 : row + 1] - mean) / scale, atol=1e-5)
    np.testing.assert_allclose(part.y[4], (seen[row + 1 : row + 4] - mean) / scale, atol=1e-5)
    assert (part.x[:, 7:, :2] == 0).all()  # target and weather
    assert (part.x[:, 7:, -1] == 1).all()
    assert (part.x[:, :7, -1] == 0).all()
    on_sale = [name for name in spec.features if name.startswith("sale")]
    assert len(on_sale) == 2 * 10
    channel = spec.features[: spec.shape[1]].index(on_sale[0])
    assert set(np.unique(part.x[:, 7:, channel])) == {0, 1}
    assert len(spec.features) == np.prod(spec.shape)
    assert spec.outputs == 3


def test_windows_never_cross_from_one_series_into_another() -> None:
    case = panel("forecast")
    raw = case.raw.drop_duplicates()
    raw = raw.assign(sold=np.where(raw["shop"] == "north", 1000.0, 0.0) + np.arange(len(raw)) % 3)
    _, _, spec, parts = read(raw, case.problem)
    for _, part in parts:
        own = part.x[:, : spec.shape[0] - spec.horizon, 0].mean(axis=1) > 0
        assert ((part.y.mean(axis=1) > 0) == own).all()
        assert own.any()
        assert not own.all()


def test_parts_begin_on_the_days_that_are_named() -> None:
    split = {"begin": "2024-01-10", "validation_begin": "2024-03-01", "test_begin": "2024-03-20", "end": "2024-04-05"}
    records, _, _, parts = read(days(120), problem(split))
    first = [records["day"][part.row[0] + 1].date().isoformat() for _, part in parts]
    last = [records["day"][part.row[-1] + 3].date().isoformat() for _, part in parts]
    assert first == ["2024-01-17", "2024-03-01", "2024-03-20"]
    assert last == ["2024-02-29", "2024-03-19", "2024-04-05"]


def test_a_stride_thins_what_is_learnt_from_but_not_the_test() -> None:
    records, schema = SERIES.make_records(days(200), problem())
    strided = SERIES.make_records(days(200), problem(stride=3))[1]
    every, some = (
        [SERIES.row_numbers(part) for part in SERIES.split(records, found, problem())] for found in (schema, strided)
    )
    assert [list(each) for each in some] == [list(every[0][::3]), list(every[1][::3]), list(every[2])]


def test_what_is_filled_is_never_a_target() -> None:
    raw = days(120).drop(index=[50, 51])
    records, _, _, parts = read(raw, problem(gaps="fill"))
    assert records["value"].notna().all()
    assert records.loc[[50, 51], "observed"].tolist() == [False, False]
    rows = {row + step for _, part in parts for row in part.row for step in (1, 2, 3)}
    assert not rows & {50, 51}
    assert 51 in parts[0][1].row  # it may look back on them


@pytest.mark.parametrize(
    ("frequency", "season"),
    [("h", 24), ("30min", 48), ("D", 7), ("B", 5), ("W-MON", 52), ("MS", 12), ("ME", 12), ("QS", 4), ("YS", 1)],
)
@pytest.mark.parametrize("holes", [(), (7, 8)])
def test_the_beat_is_found_with_and_without_gaps(frequency: str, season: int, holes: tuple[int, ...]) -> None:
    raw = pd.DataFrame({"day": pd.date_range("2001-01-01", periods=120, freq=frequency), "value": np.arange(120.0)})
    options = {"horizon": 2, "lookback": 4, "gaps": "fill"}
    records, schema = SERIES.make_records(raw.drop(index=list(holes)), problem(**options))
    assert pd.tseries.frequencies.to_offset(schema.timeline.frequency) in (
        pd.tseries.frequencies.to_offset(frequency),
        pd.tseries.frequencies.to_offset({"QS": "QS-OCT", "YS": "YS-JAN"}.get(frequency, frequency)),
    )
    assert schema.timeline.season == season
    assert len(records) == 120


def test_equal_rows_count_once_and_order_does_not_matter() -> None:
    raw = days(120)
    doubled = pd.concat([raw, raw.iloc[[3, 60]]]).sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(SERIES.make_records(doubled, problem())[0], SERIES.make_records(raw, problem())[0])


REFUSED = {
    "contradict each other in 1 moments, such as 2024-01-04": lambda t: pd.concat([t, t.iloc[[3]].assign(value=99.0)]),
    "found none for 2 moments such as 2024-02-10": lambda t: t.drop(index=[40, 41]),
    "found none for 1 moments such as 2024-02-10": lambda t: t.assign(value=t["value"].where(t.index != 40)),
    "found 'soon' in row 40": lambda t: t.assign(day=t["day"].astype(str).where(t.index != 40, "soon")),
    "found 'much' in row 40": lambda t: t.assign(value=t["value"].astype(object).where(t.index != 40, "much")),
    "expected numbers that change": lambda t: t.assign(value=1.0),
    "expected moments at one distance": lambda t: t.assign(day=t["day"] + pd.to_timedelta(t.index**2, "min")),
    "expected at least 15 rows": lambda t: t.head(10),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_what_is_no_series_is_refused(sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        SERIES.make_records(REFUSED[sentence](days(120)), problem())


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"horizon": 60, "lookback": 50},
            "at least train 10, validation 1, test 1; found train 0, validation 0, test 0. There are 120 moments",
        ),
        ({"known": ["sales"]}, "problem.options.known: expected a column 'sales'"),
        ({"frequency": "fortnight"}, "expected a pandas alias"),
        ({"holidays": "Atlantis"}, "expected a country code"),
        ({"frequency": "2D"}, "found 60 others such as 2024-01-02"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        SERIES.make_records(days(120), problem(**options))


def test_gaps_are_named_where_they_leave_no_forecast() -> None:
    gappy = days(120).assign(value=lambda t: t["value"].where(t.index % 4 > 0))
    with pytest.raises(DataError, match="119 moments, 29 rows of them without a target, and a forecast needs all"):
        SERIES.make_records(gappy, problem(gaps="fill", horizon=14))


def test_the_column_of_moments_must_be_named() -> None:
    with pytest.raises(DataError, match=r"problem\.split\.time: expected the name"):
        SERIES.make_records(days(120), Problem(kind="series", target="value"))


def test_naive_repeats_the_last_season() -> None:
    spec = read(days(120), problem(season=7, horizon=9, lookback=14))[2]
    assert seasonal_steps(spec).tolist() == [7, 8, 9, 10, 11, 12, 13, 7, 8]
    short = read(days(120), problem(season=7, lookback=3))[2]
    assert seasonal_steps(short).tolist() == [2, 2, 2]  # shorter than a season: the last known step


def test_the_anchor_is_the_level_of_what_was() -> None:
    records, _, spec, parts = read(days(120), problem(horizon=2, lookback=14))
    part, seen = parts[0][1], records["value"].to_numpy()
    row = part.row[2]
    level = spec.in_unit_of_target(forecast_offset(part.x, spec))[2]
    np.testing.assert_allclose(level, [seen[row - 13 : row + 1].mean()] * 2, atol=1e-4)
    np.testing.assert_allclose(
        forecast_offset(keras.ops.convert_to_tensor(part.x), spec), forecast_offset(part.x, spec), atol=1e-6
    )


def test_the_naive_error_is_that_of_the_last_season_within_train() -> None:
    _, _, spec, parts = read(days(120), problem(season=7))
    known = parts[0][0]["value"].to_numpy()
    assert spec.naive_error == pytest.approx(np.abs(known[7:] - known[:-7]).mean())


def test_a_request_is_a_history_from_whose_end_is_forecast() -> None:
    case = panel("forecast")
    records, schema = SERIES.make_records(case.raw, case.problem)
    history = SERIES.to_request(records, schema)
    ahead = history.groupby("shop").tail(4).assign(sold=np.nan)
    ahead["day"] += pd.Timedelta(days=4)
    asked = SERIES.from_request(pd.concat([history, ahead]), schema)
    assert asked["origin"].sum() == 2
    keys = SERIES.prediction_keys(asked, schema)
    assert keys["shop"].tolist() == ["north"] * 4 + ["south"] * 4
    assert keys["day"].iloc[0] == history["day"].max() + pd.Timedelta(days=1)
    assert asked.loc[asked["day"] > history["day"].max(), "sold"].isna().all()


def test_a_request_needs_enough_history_and_what_is_known_ahead() -> None:
    case = panel("forecast")
    records, schema = SERIES.make_records(case.raw, case.problem)
    history = SERIES.to_request(records, schema)
    with pytest.raises(DataError, match="of 'north': expected a history of at least 7 steps of 'D', found 5 rows"):
        SERIES.from_request(history[history["shop"] == "north"].tail(5), schema)
    few = history[(history["shop"] == "north") & (np.arange(len(history)) % 3 == 0)]
    with pytest.raises(
        DataError, match="at least half of the 7 steps of 'D' up to .*, found [23]; add the missing rows"
    ):
        SERIES.from_request(few, schema)
    with pytest.raises(DataError, match=r"expected \['sale'\], which are known ahead, for the 4 steps after"):
        SERIES.from_request(history, schema)
    with pytest.raises(DataError, match="found none named .'sale'."):
        SERIES.from_request(history.drop(columns="sale"), schema)
