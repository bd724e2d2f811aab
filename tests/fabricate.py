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


FABRICATORS: dict[str, Callable[[str], Fabricated]] = {"image": images, "tabular": table}
CASES = [make(task) for make in FABRICATORS.values() for task in ("classification", "regression")]


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
