"""Series: sorted timestamps, windows without leakage, forecasts from a history."""

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
from sakon.pipelines.ingestion.nodes import make_records
from sakon.pipelines.preprocessing.nodes import fit_preprocessor, transform
from sakon.problem import Problem, Schema
from sakon.records.splitting import ROW
from sakon.records.time_series import OBSERVED
from sakon.records.windows import ORIGIN

SERIES = get("series")


def days(count: int, **columns: Any) -> pd.DataFrame:
    timestamps = pd.date_range("2024-01-01", periods=count)
    return pd.DataFrame({"day": timestamps, "value": np.arange(count, dtype=float) % 11, **columns})


def problem(split: dict[str, Any] | None = None, **options: Any) -> Problem:
    options = {"horizon": 3, "lookback": 7} | options
    return Problem(kind="series", target="value", split={"time": "day"} | (split or {}), options=options)


def preprocess(raw: pd.DataFrame, configuration: Problem) -> tuple[Any, ...]:
    """Return records, schema, input specification, and the records and examples of each split."""
    records, schema = SERIES.make_records(raw, configuration)
    splits = SERIES.split(records, schema, configuration)
    preprocessor, spec = fit_preprocessor(splits[0], schema, configuration)
    return records, schema, spec, [(split, transform(split, preprocessor, spec, schema)) for split in splits]


@settings(max_examples=25, deadline=None)
@given(
    st.integers(90, 160), st.integers(1, 6), st.integers(1, 12), st.floats(0.1, 0.3), st.floats(0.1, 0.3), st.booleans()
)
def test_no_target_of_a_split_is_in_an_earlier_split(
    count: int, horizon: int, lookback: int, validation: float, test: float, shuffled: bool
) -> None:
    raw = days(count)
    raw = raw.sample(frac=1, random_state=0) if shuffled else raw
    configuration = problem({"validation": validation, "test": test}, horizon=horizon, lookback=lookback)
    records, _, _, splits = preprocess(raw, configuration)
    targets = [{row + step for row in examples.row for step in range(1, horizon + 1)} for _, examples in splits]
    assert all(targets)
    for earlier, later in ((0, 1), (0, 2), (1, 2)):
        assert max(targets[earlier]) < min(targets[later])
        assert max(splits[earlier][0][ROW]) < min(targets[later])
    assert max(targets[2]) == len(records) - 1
    assert min(splits[0][1].row) == lookback - 1


def test_a_window_hides_targets_and_covariates_of_the_horizon() -> None:
    raw = days(120, weather=np.arange(120.0) ** 2, sale=np.arange(120) % 2 == 0)
    configuration = problem(covariates=["weather"], known=["sale"])
    records, _, spec, splits = preprocess(raw, configuration)
    train_records, part = splits[0]
    mean, scale = train_records["value"].mean(), train_records["value"].std(ddof=0)
    row = part.row[4]
    values = records["value"].to_numpy()
    np.testing.assert_allclose(part.x[4, :7, 0], (values[row - 6 : row + 1] - mean) / scale, atol=1e-5)
    np.testing.assert_allclose(part.y[4], (values[row + 1 : row + 4] - mean) / scale, atol=1e-5)
    assert (part.x[:, 7:, :2] == 0).all()  # target and weather
    assert (part.x[:, 7:, -1] == 1).all()
    assert (part.x[:, :7, -1] == 0).all()
    on_sale = [name for name in spec.features if name.startswith("sale")]
    assert len(on_sale) == 2 * 10
    channel = spec.features[: spec.shape[1]].index(on_sale[0])
    assert set(np.unique(part.x[:, 7:, channel])) == {0, 1}
    assert len(spec.features) == np.prod(spec.shape)
    assert spec.outputs == 3


def test_windows_are_within_one_series() -> None:
    case = panel("forecast")
    raw = case.raw.drop_duplicates()
    raw = raw.assign(sold=np.where(raw["shop"] == "north", 1000.0, 0.0) + np.arange(len(raw)) % 3)
    _, _, spec, splits = preprocess(raw, case.problem)
    for _, part in splits:
        is_north = part.x[:, : spec.shape[0] - spec.horizon, 0].mean(axis=1) > 0
        assert ((part.y.mean(axis=1) > 0) == is_north).all()
        assert is_north.any()
        assert not is_north.all()


def test_splits_begin_on_the_configured_days() -> None:
    split = {"begin": "2024-01-10", "validation_begin": "2024-03-01", "test_begin": "2024-03-20", "end": "2024-04-05"}
    records, _, _, splits = preprocess(days(120), problem(split))
    first = [records["day"][part.row[0] + 1].date().isoformat() for _, part in splits]
    last = [records["day"][part.row[-1] + 3].date().isoformat() for _, part in splits]
    assert first == ["2024-01-17", "2024-03-01", "2024-03-20"]
    assert last == ["2024-02-29", "2024-03-19", "2024-04-05"]


def zoned(count: int, zone: str = "Europe/Berlin", begin: str = "2024-01-01", frequency: str = "D") -> pd.DataFrame:
    timestamps = pd.date_range(begin, periods=count, freq=frequency, tz=zone)
    return pd.DataFrame({"day": timestamps, "value": np.arange(count, dtype=float) % 11})


def test_days_of_a_zone_are_local() -> None:
    split = {"validation_begin": "2024-03-01", "test_begin": "2024-04-01"}
    configuration = problem(split, holidays="DE")
    records, schema, _, splits = preprocess(zoned(150), configuration)
    assert (schema.timeline.timezone, schema.timeline.frequency, len(records)) == ("Europe/Berlin", "D", 150)
    naive = preprocess(days(150), configuration)
    assert [list(part.row) for _, part in splits] == [list(part.row) for _, part in naive[3]]
    np.testing.assert_array_equal(splits[2][1].x, naive[3][2][1].x)  # the same calendar features


def test_hours_are_absolute_when_clocks_change() -> None:
    hours = zoned(600, begin="2024-10-10", frequency="h")
    records, schema = SERIES.make_records(hours, problem())
    assert (schema.timeline.frequency, schema.timeline.season, len(records)) == ("h", 24, 600)
    assert records["day"].diff().dropna().eq(pd.Timedelta(hours=1)).all()


@pytest.mark.parametrize("texts", [False, True])
def test_forecasts_have_the_zone_of_the_records(texts: bool) -> None:
    raw = zoned(200)
    _, schema = SERIES.make_records(raw, problem())
    schema = Schema.model_validate_json(schema.model_dump_json())
    request = raw.tail(20).assign(day=lambda t: t["day"].dt.tz_convert("UTC"))
    window = SERIES.from_request(request.assign(day=request["day"].map(str)) if texts else request, schema)
    ahead = SERIES.prediction_keys(window, schema)["day"]
    assert list(ahead) == list(zoned(203)["day"].tail(3))
    local = SERIES.from_request(raw.tail(20).assign(day=lambda t: t["day"].dt.tz_localize(None)), schema)
    assert list(SERIES.prediction_keys(local, schema)["day"]) == list(ahead)


def test_an_unzoned_model_reads_local_times() -> None:
    _, schema = SERIES.make_records(days(120), problem())
    window = SERIES.from_request(zoned(20).assign(day=lambda t: t["day"].map(str)), schema)
    assert list(SERIES.prediction_keys(window, schema)["day"]) == list(pd.date_range("2024-01-21", periods=3))


def test_the_zone_of_the_options_applies() -> None:
    schema = SERIES.make_records(zoned(150, "UTC", frequency="h"), problem(timezone="Asia/Tokyo"))[1]
    assert schema.timeline.timezone == "Asia/Tokyo"
    with pytest.raises(DataError, match="problem.options.timezone: expected a time zone such as Europe/Berlin"):
        SERIES.make_records(days(120), problem(timezone="Europe/Bilbao"))


def test_years_are_forecast_as_years() -> None:
    raw = pd.DataFrame({"day": np.arange(1940, 2020), "value": np.arange(80.0) % 7})
    records, schema = SERIES.make_records(raw, problem())
    assert (schema.timeline.frequency, schema.timeline.date_format) == ("YS-JAN", "%Y")
    window = SERIES.from_request(raw, schema)
    assert SERIES.prediction_keys(window, schema)["day"].tolist() == [2020, 2021, 2022]
    assert len(records) == 80


def test_a_request_in_the_notation_of_the_file_is_read_like_it() -> None:
    raw = days(120).assign(day=lambda t: t["day"].dt.strftime("%d.%m.%Y"))
    _, schema = SERIES.make_records(raw, problem())
    assert schema.timeline.date_format == "%d.%m.%Y"
    few = raw.iloc[:12]  # 1 to 12 January: day and month could be exchanged
    ahead = SERIES.prediction_keys(SERIES.from_request(few, schema), schema)["day"]
    assert ahead.tolist() == list(pd.date_range("2024-01-13", periods=3))


def test_monthly_on_a_fixed_day_with_gaps() -> None:
    months = pd.date_range("2010-01-01", periods=120, freq="MS") + pd.Timedelta(days=14)
    raw = pd.DataFrame({"day": months, "value": np.arange(120.0) % 12}).drop(index=[20, 21])
    records, schema = SERIES.make_records(raw, problem(gaps="fill"))
    assert (schema.timeline.frequency, schema.timeline.season, len(records)) == ("MS+14D", 12, 120)
    schema = Schema.model_validate_json(schema.model_dump_json())
    ahead = SERIES.prediction_keys(SERIES.from_request(raw, schema), schema)["day"]
    assert [str(each.date()) for each in ahead] == ["2020-01-15", "2020-02-15", "2020-03-15"]
    with pytest.raises(DataError, match="expected a row with a target every 'MS[+]14D', found none for 2 timestamps"):
        SERIES.make_records(raw, problem(frequency="MS+14D"))


def test_stride_applies_to_train_and_validation_only() -> None:
    records, schema = SERIES.make_records(days(200), problem())
    strided = SERIES.make_records(days(200), problem(stride=3))[1]
    every, some = (
        [SERIES.row_numbers(part) for part in SERIES.split(records, each, problem())] for each in (schema, strided)
    )
    assert [list(each) for each in some] == [list(every[0][::3]), list(every[1][::3]), list(every[2])]


def test_filled_rows_are_never_targets() -> None:
    raw = days(120).drop(index=[50, 51])
    records, _, _, splits = preprocess(raw, problem(gaps="fill"))
    assert records["value"].notna().all()
    assert records.loc[[50, 51], OBSERVED].tolist() == [False, False]
    rows = {row + step for _, part in splits for row in part.row for step in (1, 2, 3)}
    assert not rows & {50, 51}
    assert 51 in splits[0][1].row  # forecasts may be made from them


@pytest.mark.parametrize(
    ("frequency", "season"),
    [("h", 24), ("30min", 48), ("D", 7), ("B", 5), ("W-MON", 52), ("MS", 12), ("ME", 12), ("QS", 4), ("YS", 1)],
)
@pytest.mark.parametrize("gaps", [(), (7, 8)])
def test_frequency_is_inferred_with_and_without_gaps(frequency: str, season: int, gaps: tuple[int, ...]) -> None:
    raw = pd.DataFrame({"day": pd.date_range("2001-01-01", periods=120, freq=frequency), "value": np.arange(120.0)})
    options = {"horizon": 2, "lookback": 4, "gaps": "fill"}
    records, schema = SERIES.make_records(raw.drop(index=list(gaps)), problem(**options))
    assert pd.tseries.frequencies.to_offset(schema.timeline.frequency) in (
        pd.tseries.frequencies.to_offset(frequency),
        pd.tseries.frequencies.to_offset({"QS": "QS-OCT", "YS": "YS-JAN"}.get(frequency, frequency)),
    )
    assert schema.timeline.season == season
    assert len(records) == 120


def test_duplicate_rows_and_row_order_do_not_matter() -> None:
    raw = days(120)
    duplicated = pd.concat([raw, raw.iloc[[3, 60]]]).sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(SERIES.make_records(duplicated, problem())[0], SERIES.make_records(raw, problem())[0])


INVALID_TABLES = {
    "for 1 timestamps, such as 2024-01-04": lambda t: pd.concat([t, t.iloc[[3]].assign(value=99.0)]),
    "found none for 2 timestamps such as 2024-02-10": lambda t: t.drop(index=[40, 41]),
    "found none for 1 timestamps such as 2024-02-10": lambda t: t.assign(value=t["value"].where(t.index != 40)),
    "found 'soon' in row 40": lambda t: t.assign(day=t["day"].astype(str).where(t.index != 40, "soon")),
    "found 'much' in row 40": lambda t: t.assign(value=t["value"].astype(object).where(t.index != 40, "much")),
    "expected numbers that change": lambda t: t.assign(value=1.0),
    "expected timestamps of one frequency": lambda t: t.assign(day=t["day"] + pd.to_timedelta(t.index**2, "min")),
    "expected at least 15 rows": lambda t: t.head(10),
}


@pytest.mark.parametrize("message", INVALID_TABLES)
def test_invalid_series_are_refused(message: str) -> None:
    with pytest.raises(DataError, match=message):
        SERIES.make_records(INVALID_TABLES[message](days(120)), problem())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"horizon": 60, "lookback": 50},
            "at least train 10, validation 1, test 1; found train 0, validation 0, test 0. There are 120 timestamps",
        ),
        ({"known": ["sales"]}, "problem.options.known: expected a column 'sales'"),
        ({"frequency": "fortnight"}, "expected a pandas alias"),
        ({"holidays": "Atlantis"}, "expected a country code"),
        ({"frequency": "2D"}, "found 60 others such as 2024-01-02"),
    ],
)
def test_invalid_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        make_records(days(120), problem(**options))


def test_message_names_the_gaps_if_no_forecast_is_possible() -> None:
    gappy = days(120).assign(value=lambda t: t["value"].where(t.index % 4 > 0))
    with pytest.raises(DataError, match="119 timestamps, 29 of them without a target"):
        make_records(gappy, problem(gaps="fill", horizon=14))


def test_the_column_of_timestamps_is_required() -> None:
    with pytest.raises(DataError, match=r"problem\.split\.time: expected the name"):
        SERIES.make_records(days(120), Problem(kind="series", target="value"))


def test_naive_forecast_repeats_the_last_season() -> None:
    spec = preprocess(days(120), problem(season=7, horizon=9, lookback=14))[2]
    assert seasonal_steps(spec).tolist() == [7, 8, 9, 10, 11, 12, 13, 7, 8]
    short = preprocess(days(120), problem(season=7, lookback=3))[2]
    assert seasonal_steps(short).tolist() == [2, 2, 2]  # shorter than a season: the last known step


def test_forecast_offset_is_the_mean_of_the_lookback() -> None:
    records, _, spec, splits = preprocess(days(120), problem(horizon=2, lookback=14))
    part, values = splits[0][1], records["value"].to_numpy()
    row = part.row[2]
    level = spec.in_unit_of_target(forecast_offset(part.x, spec))[2]
    np.testing.assert_allclose(level, [values[row - 13 : row + 1].mean()] * 2, atol=1e-4)
    np.testing.assert_allclose(
        forecast_offset(keras.ops.convert_to_tensor(part.x), spec), forecast_offset(part.x, spec), atol=1e-6
    )


def test_naive_error_is_computed_within_train() -> None:
    _, _, spec, splits = preprocess(days(120), problem(season=7))
    values = splits[0][0]["value"].to_numpy()
    assert spec.naive_error == pytest.approx(np.abs(values[7:] - values[:-7]).mean())


def test_a_request_is_forecast_from_its_last_target() -> None:
    case = panel("forecast")
    records, schema = SERIES.make_records(case.raw, case.problem)
    history = SERIES.to_request(records, schema)
    ahead = history.groupby("shop").tail(4).assign(sold=np.nan)
    ahead["day"] += pd.Timedelta(days=4)
    window = SERIES.from_request(pd.concat([history, ahead]), schema)
    assert window[ORIGIN].sum() == 2
    keys = SERIES.prediction_keys(window, schema)
    assert keys["shop"].tolist() == ["north"] * 4 + ["south"] * 4
    assert keys["day"].iloc[0] == history["day"].max() + pd.Timedelta(days=1)
    assert window.loc[window["day"] > history["day"].max(), "sold"].isna().all()


def test_a_request_needs_enough_history_and_the_columns_known_ahead() -> None:
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
