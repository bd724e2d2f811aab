"""What a scoring says."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from sakon.scoring_summary import format_scores

FACTS: dict[str, Any] = {
    "rows": 1200, "champion_version": "3", "champion_family": "mlp", "metric": "accuracy", "level": 0.95,
    "rows_scored": 1, "rows_of_unknown_classes": 0, "note": "",
    "new_accuracy": 0.9, "new_accuracy_low": 0.8, "new_accuracy_high": 1.0,
}  # fmt: skip


def drift(*strengths: str) -> pd.DataFrame:
    rows = [{"feature": f"x{i}", "drift": strength, "psi": 1.0 - i / 10} for i, strength in enumerate(strengths)]
    return pd.DataFrame(rows)


def test_who_answered_how_well_and_what_has_moved() -> None:
    found = format_scores(FACTS, drift("strong", "moderate", "none"))
    assert found == {
        "Answered": "1,200 new records by champion v3 (mlp).",
        "Score": "accuracy 0.9000 (95% interval 0.8000 – 1.0000) on 1 record with a target.",
        "Drift": "2 of 3 inputs moved against train, 1 of them strongly; most by population stability index: "
        "x0 (1.0000), x1 (0.9000).",
    }


@pytest.mark.parametrize(
    ("facts", "title", "sentence"),
    [
        ({"rows_scored": 0}, "Score", "none; no new record has a target."),
        ({"rows_of_unknown_classes": 2}, "Score", "2 records of classes that the champion does not know left out."),
        ({"metric": "roc_auc"}, "Score", "roc_auc is not defined on the 1 record with a target"),
        ({"interval_half_width": 0.5}, "Answered", "each ± 0.5000 (95% interval)"),
        ({"interval_coverage": 0.5}, "Score", "of which 50.0% lie in their intervals"),
        ({"note": "the weather is fine"}, "Note", "the weather is fine."),
    ],
)
def test_particulars(facts: dict[str, Any], title: str, sentence: str) -> None:
    found = format_scores(FACTS | facts, drift("none"))
    assert sentence in found[title]
    assert found["Drift"] == "none of 1 input has moved against train."


def test_many_that_moved_are_counted() -> None:
    assert "and 3 more" in format_scores(FACTS, drift(*["strong"] * 8))["Drift"]
