"""Kind, task, metric, split and options are inferred from the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lookalikes
import numpy as np
import pandas as pd
import pytest

from sakon.errors import DataError, ParameterError
from sakon.metrics import metrics_for
from sakon.onboarding.configuration import as_configuration
from sakon.onboarding.inference import Proposal, Request, propose
from sakon.onboarding.readers import find_raw_file


def propose_for(folder: Path, table: pd.DataFrame, *request: Any) -> Proposal:
    """Propose a problem; the request is target, kind and task."""
    table.to_csv(folder / "table.csv", index=False)
    return propose(find_raw_file(folder / "table.csv"), Request(*request))


def propose_problem(folder: Path, table: pd.DataFrame, *request: Any) -> dict[str, Any]:
    problem: dict[str, Any] = as_configuration(propose_for(folder, table, *request).values)["problem"]
    return problem


def test_customers_are_tabular(tmp_path: Path) -> None:
    problem = propose_problem(tmp_path, lookalikes.churn(), "churn")
    assert problem == {
        "kind": "tabular",
        "target": "churn",
        "task": "classification",
        "metric": "accuracy",
        "options": {"ignore": ["customerID"], "category": ["zip"]},
    }


def test_a_rare_class_decides_the_metric(tmp_path: Path) -> None:
    problem = propose_problem(tmp_path, lookalikes.churn(share=0.05), "churn")
    assert (problem["metric"], problem["positive"]) == ("pr_auc", "yes")
    three = lookalikes.churn().assign(churn=["rare"] * 20 + ["a", "b"] * 290)
    assert propose_problem(tmp_path, three, "churn")["metric"] == "f1_macro"


def test_letters_are_tabular(tmp_path: Path) -> None:
    problem = propose_problem(tmp_path, lookalikes.letters(), "letter")
    assert problem == {"kind": "tabular", "target": "letter", "task": "classification", "metric": "accuracy"}


def test_rows_of_a_subject_stay_in_one_split(tmp_path: Path) -> None:
    assert propose_problem(tmp_path, lookalikes.activity(), "Activity")["split"] == {"group": "subject"}


def test_group_needs_enough_values_in_every_class(tmp_path: Path) -> None:
    table = lookalikes.activity().assign(Activity=lambda t: np.where(t["subject"] <= 2, "RARE", "COMMON"))
    assert "split" not in propose_problem(tmp_path, table, "Activity")


def test_messages_are_text(tmp_path: Path) -> None:
    problem = propose_problem(tmp_path, lookalikes.messages(), "label")
    assert (problem["kind"], problem["options"]) == ("text", {"text": "text"})


def test_text_among_many_other_columns_is_tabular(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    table = lookalikes.messages().assign(**{f"x{i}": rng.normal(size=300) for i in range(10)})
    problem = propose_problem(tmp_path, table, "label")
    assert problem["kind"] == "tabular"
    assert problem["options"]["ignore"] == ["text"]


def test_rentals_are_a_series(tmp_path: Path) -> None:
    problem = propose_problem(tmp_path, lookalikes.rentals(), "count")
    assert (problem["kind"], problem["task"], problem["split"]) == ("series", "forecast", {"time": "datetime"})
    assert problem["options"] == {
        "horizon": 24,
        "lookback": 168,
        "frequency": "h",
        "season": 24,
        "gaps": "fill",
        "covariates": ["temp"],
        "known": ["holiday", "workingday"],
    }


def test_date_and_hour_are_joined(tmp_path: Path) -> None:
    table = lookalikes.rentals()
    timestamps = pd.to_datetime(table.pop("datetime"))
    table = table.assign(date=timestamps.dt.strftime("%d.%m.%Y"), hr=timestamps.dt.hour)
    proposal = propose_for(tmp_path, table, "count")
    problem = as_configuration(proposal.values)["problem"]
    assert (problem["kind"], problem["split"]) == ("series", {"time": "timestamp"})
    assert list(proposal.raw_file.load()["timestamp"]) == list(timestamps)


def test_stores_are_a_panel(tmp_path: Path) -> None:
    problem = propose_problem(tmp_path, lookalikes.stores(), "sales")
    assert (problem["kind"], problem["options"]["series"]) == ("series", "store")
    assert problem["options"]["covariates"] == ["fuel"]


def test_duplicate_rows_do_not_prevent_a_series(tmp_path: Path) -> None:
    table = lookalikes.rentals()
    proposal = propose_for(tmp_path, pd.concat([table, table.tail(5)]), "count")
    assert as_configuration(proposal.values)["problem"]["kind"] == "series"
    (note,) = proposal.raw_file.notes
    assert note.startswith("5 rows")


def test_series_may_be_requested_as_tabular(tmp_path: Path) -> None:
    for request in (("count", "tabular"), ("count", None, "regression")):
        problem = propose_problem(tmp_path, lookalikes.rentals(), *request)
        assert (problem["kind"], problem["task"], problem["split"]) == ("tabular", "regression", {"time": "datetime"})


def test_unknown_target_suggests_a_similar_name(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="--target chrun: .*did you mean 'churn'"):
        propose_problem(tmp_path, lookalikes.churn(), "chrun")
    with pytest.raises(
        ParameterError, match="--target: expected the column to predict, found none named; .*'customerID'"
    ):
        propose_problem(tmp_path, lookalikes.churn())


CONFLICTS: dict[str, tuple[tuple[str | None, ...], str]] = {
    "unknown kind": (("churn", "tabula"), "--kind tabula: expected one of .*did you mean 'tabular'"),
    "unknown task": (("churn", None, "regresion"), "--task regresion: .*did you mean 'regression'"),
    "images of a table": (("churn", "image"), "--kind image: expected arrays or images, found a table in table.csv"),
    "forecast of a table": (("churn", "tabular", "forecast"), "--task forecast: expected a task of kind 'tabular'"),
    "series of names": (("churn", "series"), "--kind series: expected a target of numbers"),
    "forecast without kind": (
        ("charges", None, "forecast"),
        "--task forecast: .*'signup_date' has no regular timestamps",
    ),
    "irregular series": (
        ("charges", "series"),
        "--kind series: .*'signup_date' has no regular timestamps",
    ),
}


@pytest.mark.parametrize("name", CONFLICTS)
def test_request_must_fit_the_data(tmp_path: Path, name: str) -> None:
    request, message = CONFLICTS[name]
    with pytest.raises(ParameterError, match=message):
        propose_problem(tmp_path, lookalikes.churn(), *request)


def test_text_needs_a_column_of_text(tmp_path: Path) -> None:
    table = lookalikes.letters().assign(letter=lambda t: t["x0"])
    with pytest.raises(ParameterError, match="--kind text: expected a column of text"):
        propose_problem(tmp_path, table, "letter", "text")


def test_one_review_per_day_is_text(tmp_path: Path) -> None:
    table = lookalikes.messages().assign(date=pd.date_range("2020-01-01", periods=300), stars=np.arange(300) % 5)
    assert propose_problem(tmp_path, table.drop(columns="label"), "stars")["kind"] == "text"


def test_classes_at_regular_timestamps_are_split_by_time(tmp_path: Path) -> None:
    table = lookalikes.rentals()
    busy = (table.pop("count") > 90).astype(int)
    problem = propose_problem(tmp_path, table.assign(busy=busy), "busy")
    assert (problem["kind"], problem["task"], problem["split"]) == ("tabular", "classification", {"time": "datetime"})
    late = propose_problem(tmp_path, table.assign(busy=(np.arange(len(table)) > 900).astype(int)), "busy")
    assert "split" not in late


def test_invalid_targets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="target 'churn': expected at least two different values, found only 'no'"):
        propose_problem(tmp_path, lookalikes.churn(share=0), "churn")
    with pytest.raises(
        DataError, match="target 'customerID': expected classes .* found 600 different values"
    ) as caught:
        propose_problem(tmp_path, lookalikes.churn(), "customerID")
    assert len(caught.value.messages) == 1


def test_missing_targets_are_filled_and_short_series_are_tabular(tmp_path: Path) -> None:
    days = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=200), "y": np.sin(np.arange(200.0))})
    options = propose_problem(tmp_path, days.assign(y=days["y"].where(days.index % 50 != 1)), "y")["options"]
    assert (options["gaps"], options["horizon"]) == ("fill", 14)
    kind = propose_for(tmp_path, days.head(30), "y").values[0]
    assert kind.value == "tabular"
    for reason in ("one row per example", "not series: 'day' has fewer than 40 timestamps", "not text: no column of"):
        assert reason in kind.reason


def test_excluded_columns_are_listed_with_the_reason(tmp_path: Path) -> None:
    table = pd.DataFrame({"number": range(40), "id": [f"{i}x" for i in range(40)], "y": [0, 1] * 20})
    with pytest.raises(DataError, match=r"besides the target 'y', found none: 'number' \(row numbers\); 'id' \(an id"):
        propose_for(tmp_path, table, "y")


@pytest.mark.parametrize(
    ("table", "target"),
    [(lookalikes.rentals(), "count"), (lookalikes.churn(), "churn"), (lookalikes.churn(), "charges")],
    ids=["forecast", "classification", "regression"],
)
def test_proposed_metrics_are_those_of_the_task(tmp_path: Path, table: pd.DataFrame, target: str) -> None:
    values = propose_for(tmp_path, table, target).values
    task = next(value.value for value in values if value.path[-1] == "task")
    metrics = [value for value in values if value.path[-1] == "metric"]
    others = metrics[1].reason.removeprefix("or ").split(", ")
    assert sorted([metrics[0].value, metrics[1].value, *others]) == sorted(each.name for each in metrics_for(task))
