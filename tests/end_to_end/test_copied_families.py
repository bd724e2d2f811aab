"""A family's folder copied under a new name is a new family, without any other edit."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import yaml
from conftest import ROOT
from fabricate import CASES

from sakon import families


def kedro_run(project: Path, pipelines: list[str]) -> subprocess.CompletedProcess[str]:
    """Run pipelines of a project with its own source, in a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(project / "src")}
    environment.pop("MLFLOW_TRACKING_URI", None)
    command = [sys.executable, "-m", "kedro", "run", "--env=test", f"--pipelines={','.join(pipelines)}"]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


def test_every_folder_works_under_a_new_name(project: Path) -> None:
    CASES[0].write(project)
    package = project / "src" / "sakon"
    shutil.copytree(ROOT / "src" / "sakon", package, ignore=shutil.ignore_patterns("__pycache__"))
    shrunk = yaml.safe_load((ROOT / "conf" / "test" / "parameters.yml").read_text())
    copies = {f"{family}_again": shrunk.get(family, {}) for family in families.names()}
    for family in families.names():
        shutil.copytree(package / "pipelines" / family, package / "pipelines" / f"{family}_again")
        shutil.rmtree(package / "pipelines" / family)
    (project / "conf" / "test" / "parameters.yml").write_text(yaml.safe_dump(copies))
    for path in (project / "conf" / "base").glob("parameters_*.yml"):
        path.unlink()
    trained = kedro_run(project, ["ingestion", "preprocessing", *copies])
    assert trained.returncode == 0, trained.stderr[-3000:]
    compared = kedro_run(project, ["evaluation"])
    assert compared.returncode == 0, compared.stderr[-3000:]
    leaderboard = pd.read_csv(project / "data/08_reporting/test/leaderboard.csv").set_index("family")
    assert dict(leaderboard["status"]) == dict.fromkeys(copies, "trained")
    assert leaderboard["model_version"].notna().all()
