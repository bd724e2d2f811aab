"""A large table through ingestion and preprocessing: seconds, memory, and the same beside `pandas.read_csv` alone.

    make bench

Reading the file is the limit: no run can take less. Each is a process of its own, whose highest resident
memory the system tells when it ends; seconds by node are read from Kedro's log.

Measured on two cores beside other work: 49 s and 3.33 GiB, 23 times what reading takes; 102 s and 4.43 GiB
before tables were encoded in pieces and sparsely.
"""

# ruff: noqa: T201
from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
from measuring import LOG, make_project, measure, seconds_by_node

ROWS, SEED = 1_000_000, 0
NUMBERS, WITH_GAPS, BOOLEANS = 30, 10, 3
LEVELS = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100_000)
POSITIVE_SHARE = 0.1
MAX_SECONDS, MAX_GIB = 90, 4
READ = "import sys, pandas; pandas.read_csv(sys.argv[1])"


def chunk(rows: int, seed: int) -> pa.Table:
    rng = np.random.default_rng((SEED, seed))
    columns: dict[str, pa.Array] = {}
    numbers = rng.normal(size=(NUMBERS, rows)).round(4) * 10.0 ** (np.arange(NUMBERS) % 5)[:, None]
    for i, values in enumerate(numbers):
        gaps = rng.random(rows) < 0.05 if i < WITH_GAPS else None
        columns[f"number_{i}"] = pa.array(values, mask=gaps)
    for i, levels in enumerate(LEVELS):
        names = pa.array([f"level {level}" for level in range(levels)])
        drawn = np.minimum(rng.exponential(levels / 3, rows), levels - 1).astype(np.int32)
        columns[f"category_{i}"] = names.take(pa.array(drawn, mask=rng.random(rows) < 0.01))
    for i in range(BOOLEANS):
        columns[f"boolean_{i}"] = pa.array(rng.random(rows) < 0.3).cast(pa.string())
    days = np.datetime64("2015-01-01") + rng.integers(0, 3000, size=(2, rows))
    columns["day"] = pa.array(days[0])
    columns["moment"] = pa.array(days[1].astype("datetime64[s]") + rng.integers(0, 86_400, rows)).cast(pa.string())
    signal = numbers[0] + 2 * (rng.normal(size=rows))
    columns["outcome"] = pa.array(np.where(signal > np.quantile(signal, 1 - POSITIVE_SHARE), "yes", "no"))
    return pa.table(columns)


def write_raw(path: Path, rows: int) -> None:
    """Write the table in pieces, so that this process stays small."""
    most = 100_000
    sizes = [min(most, rows - begun) for begun in range(0, rows, most)]
    with path.open("wb") as file:
        for seed, size in enumerate(sizes):
            options = pyarrow.csv.WriteOptions(include_header=seed == 0, quoting_style="needed")
            pyarrow.csv.write_csv(chunk(size, seed), file, options)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    rows: int = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        entry = {"type": "pandas.CSVDataset", "filepath": "data/01_raw/large/large.csv"}
        problem = {"problem": {"kind": "tabular", "target": "outcome"}}
        raw = make_project(folder, "large", entry, problem) / "large.csv"
        write_raw(raw, rows)
        size = raw.stat().st_size / 2**20
        limit = measure([sys.executable, "-c", READ, str(raw)], folder)
        kedro = [sys.executable, "-m", "kedro", "run", "--env=large", "--pipelines=ingestion,preprocessing"]
        whole = measure(kedro, folder)
        nodes = seconds_by_node(folder / LOG, time.time())
    print(f"\n{rows:,} rows, {NUMBERS + len(LEVELS) + BOOLEANS + 2} features, {size:,.0f} MiB, {os.cpu_count()} cores")
    print(f"{'seconds':<40}{'loading':>10}{'running':>10}{'saving':>10}")
    for node, parts in nodes.items():
        print(f"{node:<40}" + "".join(f"{seconds:>10.1f}" for seconds in parts.values()))
    print(f"\n{'':<40}{'seconds':>10}{'CPU s':>10}{'peak GiB':>10}")
    for title, each in (("kedro run", whole), ("pandas.read_csv", limit)):
        print(f"{title:<40}{each.seconds:>10.1f}{each.processor_seconds:>10.1f}{each.gib:>10.2f}")
    ratios = whole.seconds / limit.seconds, whole.processor_seconds / limit.processor_seconds, whole.gib / limit.gib
    print(f"{'ratio':<40}" + "".join(f"{ratio:>10.1f}" for ratio in ratios))
    if rows == ROWS:
        print(f"The aim: under {MAX_SECONDS} s and {MAX_GIB} GiB on two cores.")


if __name__ == "__main__":
    main()
