"""Where the forecasts of the next day stand beside those of chapter 15 of Hands-On Machine Learning (3rd edition).

After `kedro run --env=crowd_next_day`: python tests/benchmarks/next_day.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

DATA = Path("data")
PROBLEM = "crowd_next_day"
PERIODS = {
    "whole validation": ("2019-01-01", "2019-05-31"),
    "as the book's models are scored": ("2019-02-26", "2019-05-31"),
    "as its seasonal-naive forecast is": ("2019-03-01", "2019-05-31"),
}
BOOK = "The book: linear 37,866, one-layer RNN 29,015, multivariate RNN 22,062, seasonal-naive 42,143."
SEASON = 7


def errors_of(predictions: pd.DataFrame, day: pd.Series) -> pd.Series:
    """Return the absolute error of every forecast of validation by the day that was forecast."""
    held_out = predictions[predictions["split"] == "validation"]
    errors = (held_out["actual"] - held_out["output"]).abs().to_numpy()
    return pd.Series(errors, index=day.iloc[held_out["row"].to_numpy() + 1])


def main() -> None:
    """Print mean absolute errors by period, one line per family."""
    records = pd.read_parquet(DATA / "02_intermediate" / PROBLEM / "records.parquet")
    day, target = records["service_date"], records["rail_boardings"]
    found = {"seasonal-naive": (target - target.shift(SEASON)).abs().set_axis(day)}
    for path in sorted((DATA / "07_model_output" / PROBLEM).glob("*_predictions.parquet")):
        predictions = pd.read_parquet(path)
        name = path.name.removesuffix("_predictions.parquet")
        if len(predictions) and name != "naive":
            found[name] = errors_of(predictions, day)
    table = pd.DataFrame(
        {
            period: {name: errors[first:last].mean() for name, errors in found.items()}
            for period, (first, last) in PERIODS.items()
        }
    )
    sys.stdout.write(f"{table.sort_values(list(PERIODS)[1]).round(0).to_string()}\n{BOOK}\n")


if __name__ == "__main__":
    main()
