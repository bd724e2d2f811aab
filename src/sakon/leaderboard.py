"""The leaderboard as people read it, the same on the console and in the report."""

from __future__ import annotations

from typing import Any

from sakon.lazy import pd
from sakon.metrics import format_metric


def format_leaderboard(leaderboard: pd.DataFrame) -> pd.DataFrame:
    """Return a leaderboard in words: one text column per thing to compare.

    Args:
        leaderboard: As evaluation saves it, one row per family.

    Returns:
        `family` with what answers for it, the metric's test value under its own name, `interval`,
        `validation`, `verdict`, `parameters`, `train s` (seconds), `ms/1000` (milliseconds to predict 1,000
        rows); of families that are not trained only their name and, as verdict, their status.
    """
    return pd.DataFrame([_row(row) for row in leaderboard.to_dict("records")])


def _row(row: dict[Any, Any]) -> dict[str, str]:
    metric = row["metric"]
    if row["status"] != "trained":
        empty = dict.fromkeys((metric, "interval", "validation"), "")
        return {
            "family": row["family"],
            **empty,
            "verdict": row["status"],
            "parameters": "",
            "train s": "",
            "ms/1000": "",
        }
    note = f" ({row['note']})" if isinstance(row["note"], str) and row["note"] else ""
    return {
        "family": f"{row['family']}{note}",
        metric: format_metric(row["value"]),
        "interval": f"{format_metric(row['low'])} – {format_metric(row['high'])}",
        "validation": format_metric(row["validation_value"]),
        "verdict": str(row["verdict"]),
        "parameters": f"{int(row['parameters']):,}",
        "train s": f"{row['train_seconds']:.1f}",
        "ms/1000": f"{row['predict_ms_per_1000']:.1f}",
    }
