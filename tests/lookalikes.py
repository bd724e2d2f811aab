"""Synthetic tables that resemble those of users, generated from a seed."""

from __future__ import annotations

import numpy as np
import pandas as pd


def rentals(hours: int = 1200) -> pd.DataFrame:
    """Bicycle rentals by hour with missing hours, weather and calendar."""
    rng = np.random.default_rng(0)
    timestamps = pd.date_range("2011-01-01", periods=hours, freq="h")
    timestamps = timestamps[rng.random(hours) > 0.01]
    rows, hour = len(timestamps), np.asarray(timestamps.hour)
    return pd.DataFrame(
        {
            "datetime": timestamps.strftime("%Y-%m-%d %H:%M:%S"),
            "holiday": (rng.random(rows) < 0.05).astype(int),
            "workingday": (np.asarray(timestamps.day_of_week) < 5).astype(int),
            "temp": rng.normal(15, 8, rows).round(2),
            "count": (100 + 80 * np.sin(2 * np.pi * (hour - 7) / 24) + rng.normal(0, 15, rows))
            .clip(0)
            .round()
            .astype(int),
        }
    )


def letters(rows: int = 800) -> pd.DataFrame:
    """Letter recognition: 16 integers from 0 to 15, 26 letters."""
    rng = np.random.default_rng(1)
    letter = np.arange(rows) % 26
    table = pd.DataFrame({f"x{i}": (letter * (i + 3) % 16 + rng.integers(-2, 3, rows)).clip(0, 15) for i in range(16)})
    return table.assign(letter=[chr(65 + each) for each in letter])


def activity(rows: int = 900) -> pd.DataFrame:
    """Sensor data of 30 subjects with six activities."""
    rng = np.random.default_rng(2)
    labels = ["WALKING", "SITTING", "STANDING", "LAYING", "UPSTAIRS", "DOWNSTAIRS"]
    table = pd.DataFrame(rng.normal(size=(rows, 40)), columns=[f"tBodyAcc-mean()-{i}" for i in range(40)])
    return table.assign(subject=np.sort(rng.integers(1, 31, rows)), Activity=rng.choice(labels, rows))


def churn(rows: int = 600, share: float = 0.26) -> pd.DataFrame:
    """Customers with an identifier, categories, a sign-up date, and whether they left."""
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "customerID": [f"{rng.integers(1000, 9999)}-{i:05d}" for i in range(rows)],
            "gender": rng.choice(["Male", "Female"], rows),
            "signup_date": (
                pd.Timestamp("2018-01-01") + pd.to_timedelta(rng.integers(0, 1500, rows), unit="D")
            ).strftime("%Y-%m-%d"),
            "tenure": rng.integers(0, 72, rows),
            "contract": rng.choice(["Month-to-month", "One year", "Two year"], rows),
            "charges": rng.normal(60, 20, rows).round(2),
            "zip": rng.integers(10_000, 10_040, rows),
            "churn": np.where(np.arange(rows) < share * rows, "yes", "no"),
        }
    )


def stores(weeks: int = 160) -> pd.DataFrame:
    """Weekly sales of six stores, with dates as day-month-year."""
    rng = np.random.default_rng(4)
    sunday = pd.date_range("2018-01-07", periods=weeks, freq="W")
    wave = 1 + 0.3 * np.sin(2 * np.pi * np.arange(weeks) / 52)
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "store": store,
                    "date": sunday.strftime("%d-%m-%Y"),
                    "sales": (1000 * store * wave + rng.normal(0, 50, weeks)).round(2),
                    "fuel": rng.normal(3, 0.2, weeks).round(3),
                }
            )
            for store in range(1, 7)
        ],
        ignore_index=True,
    )


def messages(rows: int = 300) -> pd.DataFrame:
    """Short messages with a label and their length."""
    rng = np.random.default_rng(5)
    words = [
        "go",
        "until",
        "jurong",
        "point",
        "crazy",
        "available",
        "only",
        "in",
        "bugis",
        "great",
        "world",
        "free",
        "entry",
        "win",
        "cup",
        "final",
    ]
    text = [" ".join(rng.choice(words, rng.integers(4, 15))) for _ in range(rows)]
    return pd.DataFrame(
        {
            "label": np.where(rng.random(rows) < 0.2, "spam", "ham"),
            "text": text,
            "length": [len(message) for message in text],
        }
    )
