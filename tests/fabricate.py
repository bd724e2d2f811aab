"""Small problems of every kind and task, made from a seed: raw files and the configuration that reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from PIL import Image

from sakon.problem import Problem


@dataclass(frozen=True)
class Fabricated:
    """A raw data set in memory, and how a problem's folder would declare it."""

    kind: str
    task: str
    raw: Any
    parameters: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.kind}_{self.task}"

    @property
    def problem(self) -> Problem:
        return Problem.model_validate(self.parameters)

    def write(self, project: Path, env: str = "test") -> None:
        """Put the raw file and the problem into a project, on top of what the environment has."""
        folder = project / "data" / "01_raw" / env
        folder.mkdir(parents=True, exist_ok=True)
        if self.kind == "image":
            np.savez(folder / "raw.npz", **self.raw)
            raw = {"type": "sakon.datasets.ArraysDataset", "filepath": f"data/01_raw/{env}/raw.npz"}
        else:
            self.raw.to_csv(folder / "raw.csv", index=False)
            raw = {"type": "pandas.CSVDataset", "filepath": f"data/01_raw/{env}/raw.csv"}
        conf = project / "conf" / env
        conf.mkdir(exist_ok=True)
        (conf / "catalog.yml").write_text(yaml.safe_dump({"raw": raw}), encoding="utf-8")
        (conf / "parameters_problem.yml").write_text(yaml.safe_dump({"problem": self.parameters}), encoding="utf-8")


def images(task: str) -> Fabricated:
    """Bars at one of three places in a noisy 8 x 8 image."""
    rng = np.random.default_rng(1)
    place = rng.integers(3, size=180)
    pixels = rng.integers(0, 60, size=(180, 8, 8)).astype(np.uint8)
    for i, column in enumerate(place):
        pixels[i, :, 2 * column + 1] += 180
    target = place if task == "classification" else place + pixels.mean(axis=(1, 2)) / 7
    return Fabricated("image", task, {"images": pixels, "target": target}, {"kind": "image", "target": "target"})


def table(task: str) -> Fabricated:
    """Numbers with missing values, categories, a boolean and a date."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "height": rng.normal(170, 10, 240),
            "weight": np.where(rng.random(240) < 0.1, np.nan, rng.normal(70, 9, 240)),
            "colour": rng.choice(["red", "green", "blue"], 240),
            "member": rng.random(240) < 0.5,
            "rooms": rng.integers(1, 6, 240),
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, 240), unit="D"),
        }
    )
    signal = (frame["height"] - 170) / 10 + (frame["colour"] == "red") * 2 + rng.normal(0, 0.3, 240)
    frame["outcome"] = np.where(signal > 0.5, "yes", "no") if task == "classification" else signal * 1000
    return Fabricated("tabular", task, frame, {"kind": "tabular", "target": "outcome"})


def texts(task: str) -> Fabricated:
    """Sentences that greet or complain, in any script, now and then empty."""
    rng = np.random.default_rng(3)
    glad, sour = ["good", "lovely", "приятно", "好", "thanks"], ["bad", "awful", "ужасно", "坏", "refund"]
    filler = ["the", "parcel", "came", "today", "№7", "we're", "at", "home", "!", "#sale"]
    signal = rng.integers(0, 4, 200)
    rows = [
        " ".join(rng.permutation([*rng.choice(filler, 6), *rng.choice(glad, k), *rng.choice(sour, 3 - k)]))
        for k in signal
    ]
    target = (
        np.where(signal > 1, "praise", "complaint") if task == "classification" else signal + rng.normal(0, 0.1, 200)
    )
    frame = pd.DataFrame({"message": rows, "verdict": target})
    frame.loc[[5, 50], "message"] = ["", None]
    return Fabricated("text", task, frame, {"kind": "text", "target": "verdict"})


def panel(task: str) -> Fabricated:
    """Two series of days with a weekly season, a covariate, something known ahead, a gap and a doubled row."""
    rng = np.random.default_rng(4)
    days = pd.date_range("2023-01-01", periods=260)
    parts = []
    for shop, level in (("north", 50.0), ("south", 20.0)):
        sale = rng.random(len(days)) < 0.15
        weather = rng.normal(size=len(days))
        sold = (
            level * (1 + 0.3 * np.sin(2 * np.pi * np.arange(len(days)) / 7)) + 15 * sale + rng.normal(0, 1, len(days))
        )
        given = {"day": days.strftime("%Y-%m-%d"), "shop": shop, "sale": sale, "weather": weather, "sold": sold}
        parts.append(pd.DataFrame(given))
    frame = pd.concat([*parts, parts[0].iloc[[5]]], ignore_index=True).drop(index=[30])
    options = {"horizon": 4, "lookback": 7, "series": "shop", "covariates": ["weather"], "known": ["sale"]}
    options |= {"gaps": "fill", "holidays": "ES"}
    problem = {"kind": "series", "target": "sold", "split": {"time": "day"}, "options": options}
    return Fabricated("series", task, frame.sample(frac=1, random_state=0, ignore_index=True), problem)


BOTH = ("classification", "regression")
FABRICATORS: dict[str, tuple[Callable[[str], Fabricated], tuple[str, ...]]] = {
    "image": (images, BOTH),
    "series": (panel, ("forecast",)),
    "tabular": (table, BOTH),
    "text": (texts, BOTH),
}
CASES = [make(task) for make, tasks in FABRICATORS.values() for task in tasks]
BY_NAME = {case.name: case for case in CASES}


def image_folder(
    project: Path, env: str = "test", mode: str = "grey", size: tuple[int, int] = (8, 8), rows: int = 60
) -> Path:
    """Put a folder of bright, medium and dark images of mixed sizes and formats into a project, and its problem.

    Returns:
        The folder; its subfolders are the classes.
    """
    rng = np.random.default_rng(3)
    folder = project / "data" / "01_raw" / env / "pictures"
    for number in range(rows):
        label, level = (("dark", 30), ("medium", 120), ("bright", 210))[number % 3]
        height, width = rng.integers(6, 24, size=2)
        pixels = rng.integers(level, level + 40, size=(height, width, 3)).astype(np.uint8)
        place = folder / label / "deeper" if number % 5 == 0 else folder / label
        place.mkdir(parents=True, exist_ok=True)
        suffix = ("png", "jpg", "bmp", "webp", "tif", "gif")[number % 6]
        Image.fromarray(pixels).convert(("RGB", "L")[number % 2]).save(place / f"{number:03d}.{suffix}")
    conf = project / "conf" / env
    conf.mkdir(exist_ok=True)
    raw = {"type": "sakon.datasets.ImageFolderDataset", "filepath": f"data/01_raw/{env}/pictures"}
    raw |= {"size": list(size), "mode": mode, "target": "light"}
    (conf / "catalog.yml").write_text(yaml.safe_dump({"raw": raw}), encoding="utf-8")
    problem = {"problem": {"kind": "image", "target": "light"}}
    (conf / "parameters_problem.yml").write_text(yaml.safe_dump(problem), encoding="utf-8")
    return folder
