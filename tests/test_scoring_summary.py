"""The summary of a scoring in sentences."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from sakon.problem import MetricInterval, ScoringResult
from sakon.scoring_summary import format_scores

RESULT = ScoringResult(
    rows=1200,
    champion_version="3",
    champion_family="mlp",
    metric="accuracy",
    level=0.95,
    rows_scored=1,
    new={"accuracy": MetricInterval(value=0.9, low=0.8, high=1.0)},
)


def drift(*strengths: str) -> pd.DataFrame:
    rows = [{"feature": f"x{i}", "drift": strength, "psi": 1.0 - i / 10} for i, strength in enumerate(strengths)]
    return pd.DataFrame(rows)


def test_champion_score_and_drift_are_summarized() -> None:
    assert format_scores(RESULT, drift("strong", "moderate", "none")) == {
        "Predicted": "1,200 new records by champion v3 (mlp).",
        "Score": "accuracy 0.9000 (95% interval 0.8000 – 1.0000) on 1 record with a target.",
        "Drift": "in 2 of 3 inputs, strong in 1; largest population stability index: x0 (1.0000), x1 (0.9000).",
    }


@pytest.mark.parametrize(
    ("fields", "title", "facts"),
    [
        ({"rows_scored": 0}, "Score", ["none", "no new record has a target"]),
        ({"rows_of_unknown_classes": 2}, "Score", ["accuracy 0.9000", "2 records", "unknown"]),
        ({"metric": "roc_auc"}, "Score", ["roc_auc is not defined on the 1 record with a target"]),
        ({"interval_half_width": 0.5}, "Predicted", ["each ± 0.5000 (95% interval)"]),
        ({"interval_coverage": 0.5}, "Score", ["on 1 record with a target, 50.0%"]),
        ({"new": {"accuracy": MetricInterval(value=0.9)}}, "Score", ["accuracy 0.9000 on 1 record"]),
        ({"note": "the weather is fine"}, "Note", ["the weather is fine."]),
    ],
)
def test_fields_are_in_the_summary(fields: dict[str, Any], title: str, facts: list[str]) -> None:
    texts = format_scores(RESULT.model_copy(update=fields), drift("none"))
    assert [fact for fact in facts if fact not in texts[title]] == []
    assert texts["Drift"] == "none in 1 input."
    assert ("Note" in texts) == ("note" in fields)


def test_features_beyond_the_first_five_are_counted() -> None:
    assert "and 3 more" in format_scores(RESULT, drift(*["strong"] * 8))["Drift"]


def test_without_a_drift_table_there_is_no_drift() -> None:
    assert set(format_scores(RESULT)) == {"Predicted", "Score"}
