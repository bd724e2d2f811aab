"""The kind, the task, the metric and the split that a user's data ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lookalikes
import numpy as np
import pandas as pd
import pytest

from sakon.errors import DataError, ParameterError
from sakon.onboarding import sources
from sakon.onboarding.inference import Proposal, Wanted, propose
from sakon.onboarding.settings import as_configuration


def proposal(folder: Path, table: pd.DataFrame, *wanted: str | None) -> Proposal:
    table.to_csv(folder / "table.csv", index=False)
    return propose(sources.find(folder / "table.csv"), Wanted(*wanted))


def problem(folder: Path, table: pd.DataFrame, *wanted: str | None) -> dict[str, Any]:
    found: dict[str, Any] = as_configuration(proposal(folder, table, *wanted).settings)["problem"]
    return found


def test_customers_are_a_table(tmp_path: Path) -> None:
    found = problem(tmp_path, lookalikes.churn(), "churn")
    assert found == {
        "kind": "tabular",
        "target": "churn",
        "task": "classification",
        "metric": "accuracy",
        "options": {"ignore": ["customerID"], "category": ["zip"]},
    }


def test_a_rare_class_decides_the_metric(tmp_path: Path) -> None:
    found = problem(tmp_path, lookalikes.churn(share=0.05), "churn")
    assert (found["metric"], found["positive"]) == ("pr_auc", "yes")
    three = lookalikes.churn().assign(churn=["rare"] * 20 + ["a", "b"] * 290)
    assert problem(tmp_path, three, "churn")["metric"] == "f1_macro"


def test_letters_are_a_table_of_numbers(tmp_path: Path) -> None:
    found = problem(tmp_path, lookalikes.letters(), "letter")
    assert found == {"kind": "tabular", "target": "letter", "task": "classification", "metric": "accuracy"}


def test_subjects_do_not_straddle_the_parts(tmp_path: Path) -> None:
    assert problem(tmp_path, lookalikes.activity(), "Activity")["split"] == {"group": "subject"}


def test_groups_too_few_for_a_class_are_not_proposed(tmp_path: Path) -> None:
    table = lookalikes.activity().assign(Activity=lambda t: np.where(t["subject"] <= 2, "RARE", "COMMON"))
    assert "split" not in problem(tmp_path, table, "Activity")


def test_messages_are_text(tmp_path: Path) -> None:
    found = problem(tmp_path, lookalikes.messages(), "label")
    assert (found["kind"], found["options"]) == ("text", {"text": "text"})


def test_text_beside_much_else_is_a_table(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    table = lookalikes.messages().assign(**{f"x{i}": rng.normal(size=300) for i in range(10)})
    found = problem(tmp_path, table, "label")
    assert found["kind"] == "tabular"
    assert found["options"]["ignore"] == ["text"]


def test_rentals_are_a_series(tmp_path: Path) -> None:
    found = problem(tmp_path, lookalikes.rentals(), "count")
    assert (found["kind"], found["task"], found["split"]) == ("series", "forecast", {"time": "datetime"})
    assert found["options"] == {
        "horizon": 24,
        "lookback": 168,
        "frequency": "h",
        "season": 24,
        "gaps": "fill",
        "covariates": ["temp"],
        "known": ["holiday", "workingday"],
    }


def test_a_date_and_an_hour_are_joined(tmp_path: Path) -> None:
    table = lookalikes.rentals()
    moment = pd.to_datetime(table.pop("datetime"))
    table = table.assign(date=moment.dt.strftime("%d.%m.%Y"), hr=moment.dt.hour)
    made = proposal(tmp_path, table, "count")
    found = as_configuration(made.settings)["problem"]
    assert (found["kind"], found["split"]) == ("series", {"time": "moment"})
    assert list(made.source.load()["moment"]) == list(moment)


def test_stores_are_a_panel(tmp_path: Path) -> None:
    found = problem(tmp_path, lookalikes.stores(), "sales")
    assert (found["kind"], found["options"]["series"]) == ("series", "store")
    assert found["options"]["covariates"] == ["fuel"]


def test_rows_that_are_doubled_do_not_hide_a_series(tmp_path: Path) -> None:
    table = lookalikes.rentals()
    made = proposal(tmp_path, pd.concat([table, table.tail(5)]), "count")
    assert as_configuration(made.settings)["problem"]["kind"] == "series"
    assert made.source.notes == ["5 rows are wholly equal to another one"]


def test_a_series_may_be_wanted_as_a_table(tmp_path: Path) -> None:
    for wanted in (("count", "tabular"), ("count", None, "regression")):
        found = problem(tmp_path, lookalikes.rentals(), *wanted)
        assert (found["kind"], found["task"], found["split"]) == ("tabular", "regression", {"time": "datetime"})


def test_the_target_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="--target chrun: .*did you mean 'churn'"):
        problem(tmp_path, lookalikes.churn(), "chrun")
    with pytest.raises(
        ParameterError, match="--target: expected the column to predict, found none named; .*'customerID'"
    ):
        problem(tmp_path, lookalikes.churn())


WANTED: dict[str, tuple[tuple[str | None, ...], str]] = {
    "unknown kind": (("churn", "tabula"), "--kind tabula: expected one of .*did you mean 'tabular'"),
    "unknown task": (("churn", None, "regresion"), "--task regresion: .*did you mean 'regression'"),
    "images of a table": (("churn", "image"), "--kind image: does not fit table.csv, which holds a table"),
    "forecast of a table": (("churn", "tabular", "forecast"), "--task forecast: does not fit --kind tabular"),
    "series of names": (("churn", "series"), "expected a target of numbers"),
    "series without regular moments": (("charges", "series"), "regular moments.*found 'signup_date', which is not so"),
}


@pytest.mark.parametrize("name", WANTED)
def test_what_is_wanted_must_fit(tmp_path: Path, name: str) -> None:
    wanted, sentence = WANTED[name]
    with pytest.raises(ParameterError, match=sentence):
        problem(tmp_path, lookalikes.churn(), *wanted)


def test_text_needs_a_column_of_text(tmp_path: Path) -> None:
    table = lookalikes.letters().assign(letter=lambda t: t["x0"])
    with pytest.raises(ParameterError, match="--kind text: expected a column of text"):
        problem(tmp_path, table, "letter", "text")


def test_a_review_every_day_is_text(tmp_path: Path) -> None:
    table = lookalikes.messages().assign(date=pd.date_range("2020-01-01", periods=300), stars=np.arange(300) % 5)
    assert problem(tmp_path, table.drop(columns="label"), "stars")["kind"] == "text"


def test_classes_at_regular_moments_are_parted_by_time(tmp_path: Path) -> None:
    table = lookalikes.rentals()
    busy = (table.pop("count") > 90).astype(int)
    found = problem(tmp_path, table.assign(busy=busy), "busy")
    assert (found["kind"], found["task"], found["split"]) == ("tabular", "classification", {"time": "datetime"})
    late = problem(tmp_path, table.assign(busy=(np.arange(len(table)) > 900).astype(int)), "busy")
    assert "split" not in late


def test_a_target_that_teaches_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="target 'churn': expected at least two different values, found only 'no'"):
        problem(tmp_path, lookalikes.churn(share=0), "churn")
    with pytest.raises(
        DataError, match="target 'customerID': expected classes .* found 600 different values"
    ) as caught:
        problem(tmp_path, lookalikes.churn(), "customerID")
    assert len(caught.value.messages) == 1


def test_gaps_without_a_target_are_filled_and_few_moments_said(tmp_path: Path) -> None:
    days = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=200), "y": np.sin(np.arange(200.0))})
    options = problem(tmp_path, days.assign(y=days["y"].where(days.index % 50 != 1)), "y")["options"]
    assert (options["gaps"], options["horizon"]) == ("fill", 14)
    kind = proposal(tmp_path, days.head(30), "y").settings[0]
    assert (kind.value, kind.why) == (
        "tabular",
        "one row per example: 'day' gives fewer than 40 moments, no main column of free text",
    )


def test_columns_that_are_all_set_aside_are_named_with_the_reason(tmp_path: Path) -> None:
    table = pd.DataFrame({"number": range(40), "id": [f"{i}x" for i in range(40)], "y": [0, 1] * 20})
    with pytest.raises(
        DataError, match=r"besides the target 'y', found none: 'number' \(numbers the rows\); 'id' \(an id"
    ):
        proposal(tmp_path, table, "y")
