"""Formats the leaderboard for the console and the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sakon.figures.comparison import NOT_COMPARED
from sakon.lazy import pd
from sakon.metrics import format_metric


@dataclass(frozen=True)
class LeaderboardRow:
    """One row of the leaderboard as text; the columns of a family that is not trained are empty.

    Attributes:
        family: Name of the family and, in brackets, its note.
        verdict: Verdict against the baseline, where it is trained; the status if the family is not trained.
        value: Test value of the metric.
        interval: Interval of the test value.
        validation: Validation value of the metric.
        parameters: Number of fitted parameters.
        train_seconds: Training time in seconds.
        predict_ms_per_1000: Milliseconds to predict 1,000 rows.
    """

    family: str
    verdict: str
    value: str = ""
    interval: str = ""
    validation: str = ""
    parameters: str = ""
    train_seconds: str = ""
    predict_ms_per_1000: str = ""

    @classmethod
    def from_scores(cls, row: Mapping[Any, Any]) -> LeaderboardRow:
        """Format a row of the leaderboard that evaluation saves."""
        if row["status"] != "trained":
            return cls(family=row["family"], verdict=row["status"])
        note = f" ({row['note']})" if isinstance(row["note"], str) and row["note"] else ""
        return cls(
            family=f"{row['family']}{note}",
            verdict=row["verdict"] if isinstance(row["verdict"], str) else NOT_COMPARED,
            value=format_metric(row["value"]),
            interval=f"{format_metric(row['low'])} – {format_metric(row['high'])}",
            validation=format_metric(row["validation_value"]),
            parameters=f"{int(row['parameters']):,}",
            train_seconds=f"{row['train_seconds']:.1f}",
            predict_ms_per_1000=f"{row['predict_ms_per_1000']:.1f}",
        )

    def columns(self, metric: str) -> dict[str, str]:
        """Return the texts by column title, in order; the test value has the name of the metric."""
        return {
            "family": self.family,
            metric: self.value,
            "interval": self.interval,
            "validation": self.validation,
            "verdict": self.verdict,
            "parameters": self.parameters,
            "train s": self.train_seconds,
            "ms/1000": self.predict_ms_per_1000,
        }


def format_leaderboard(leaderboard: pd.DataFrame) -> pd.DataFrame:
    """Return the leaderboard as text, one row per family.

    Args:
        leaderboard: The leaderboard that evaluation saves, one row per family.

    Returns:
        Columns `family` (with its note), the name of the metric (test value), `interval`, `validation`, `verdict`,
        `parameters`, `train s` (seconds of training) and `ms/1000` (milliseconds to predict 1,000 rows).
    """
    rows = leaderboard.to_dict("records")
    return pd.DataFrame([LeaderboardRow.from_scores(row).columns(row["metric"]) for row in rows])
