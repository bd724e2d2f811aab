"""Leftovers of killed processes disappear from all layers of a problem at its next run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from conftest import run
from fabricate import BY_NAME

FOLDERS = (
    "data/01_raw/test",
    "data/02_intermediate/test",
    "data/06_models/test/som/checkpoints",
    "data/07_model_output/test",
)


def test_the_next_run_removes_them(project: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    BY_NAME["tabular_classification"].write(project)
    leftovers = [project / folder / f".{process.pid}.partial.file" for folder in FOLDERS]
    other_problem = project / "data/06_models/other" / leftovers[0].name
    for path in [*leftovers, other_problem]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("half")
    run(project, pipelines=["ingestion"])
    assert [path for path in leftovers if path.exists()] == []
    assert other_problem.exists()
