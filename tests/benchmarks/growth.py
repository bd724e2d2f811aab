"""Seconds and memory of every stage as the data grow: rows, columns, classes, and steps.

    make bench

A generated table runs through all pipelines, every network for two epochs, at 1, 10 and 100 times its size. Seconds
are those of the nodes in Kedro's log, without the start of the process; memory is the highest of the process of a
stage. A stage grows at most linearly if its ratio is not above that of the data.
"""

# ruff: noqa: T201
from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import LOG, make_project, measure, seconds_by_node

from sakon import families

ROWS, COLUMNS, CLASSES = 1_000, 8, 4
EPOCHS = 2
STAGES = ("ingestion", "preprocessing", *families.names(), "evaluation")
HEADER = f"{'':<16}{'seconds':>24}{'GiB':>24}{'ratio of seconds':>20}"


@dataclass(frozen=True)
class Size:
    """Size of a table."""

    rows: int = ROWS
    columns: int = COLUMNS
    classes: int = CLASSES


GROWTH = {
    "rows": [Size(), Size(rows=10 * ROWS), Size(rows=100 * ROWS)],
    "columns": [Size(), Size(columns=10 * COLUMNS), Size(columns=100 * COLUMNS)],
    "classes": [Size(rows=4 * ROWS, classes=2), Size(rows=4 * ROWS, classes=20), Size(rows=4 * ROWS, classes=200)],
}
"""By what grows: the tables."""


@dataclass(frozen=True)
class Stage:
    """Seconds and highest memory of a stage, by size."""

    name: str
    seconds: list[float]
    gib: list[float]

    @property
    def ratio(self) -> float:
        """Seconds at the largest size, relative to those at the second: the first are mostly compilation."""
        return self.seconds[-1] / max(self.seconds[-2], 1e-3)


def write_table(path: Path, size: Size) -> None:
    """Write numbers whose class is the largest of linear functions of them."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(size.rows, size.columns)).round(4)
    y = (x @ rng.normal(size=(size.columns, size.classes))).argmax(axis=1)
    frame = pd.DataFrame(x, columns=[f"number_{i}" for i in range(size.columns)])
    frame.assign(label=[f"class {value}" for value in y]).to_csv(path, index=False)


def run_stages(size: Size, stages: tuple[str, ...]) -> dict[str, tuple[float, float]]:
    """Return the seconds of the nodes of each stage, and the highest memory of its process in GiB."""
    few_epochs = {family: {"epochs": EPOCHS} for family in families.names() if families.get(family).build is not None}
    parameters = {"problem": {"kind": "tabular", "target": "label"}, "run": {"workers": 1}, **few_epochs}
    entry = {"type": "pandas.CSVDataset", "filepath": "data/01_raw/growth/growth.csv"}
    results = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_table(make_project(folder, "growth", entry, parameters) / "growth.csv", size)
        for stage in stages:
            (folder / LOG).unlink(missing_ok=True)
            command = [sys.executable, "-m", "kedro", "run", "--env=growth", f"--pipelines={stage}"]
            whole = measure(command, folder)
            nodes = seconds_by_node(folder / LOG, time.time())
            results[stage] = sum(sum(parts.values()) for parts in nodes.values()), whole.gib
    return results


def main() -> None:
    """Measure, print a table for each direction of growth, and write all as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--growth", nargs="*", default=list(GROWTH), choices=GROWTH, help="what grows (default: all)")
    parser.add_argument("--stages", nargs="*", default=[], choices=STAGES, help="stages (default: all)")
    parser.add_argument("--output", type=Path, default=Path("build/growth.json"), help="JSON file of the results")
    options = parser.parse_args()
    requested = {*options.stages, "ingestion", "preprocessing"} if options.stages else STAGES
    stages = tuple(stage for stage in STAGES if stage in requested)
    results = {}
    for growing in options.growth:
        sizes = GROWTH[growing]
        by_size = [run_stages(size, stages) for size in sizes]
        rows = [Stage(stage, *map(list, zip(*(each[stage] for each in by_size), strict=True))) for stage in stages]
        print(f"\n{growing}: {', '.join(f'{getattr(size, growing):,}' for size in sizes)}; {os.cpu_count()} cores")
        print(HEADER)
        for stage in rows:
            seconds, gib = ("".join(f"{value:>8.1f}" for value in values) for values in (stage.seconds, stage.gib))
            print(f"{stage.name:<16}{seconds}{gib}{stage.ratio:>20.1f}", flush=True)
        results[growing] = {"sizes": list(map(asdict, sizes)), "stages": list(map(asdict, rows))}
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
