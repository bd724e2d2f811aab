"""A family's folder copied under a new name is a new family, without any other edit."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from conftest import ROOT, TrainedProject
from fabricate import BY_NAME
from sessions import UNREPEATABLE_COLUMNS, read_leaderboard

from sakon import families

SUFFIX = "_again"


def kedro_run(project: Path) -> subprocess.CompletedProcess[str]:
    """Run a project with its own source, in a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(project / "src")}
    environment.pop("MLFLOW_TRACKING_URI", None)
    command = [sys.executable, "-m", "kedro", "run", "--env=test"]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("trained_project", [BY_NAME["image_classification"]], ids=["images"], indirect=True)
def test_every_folder_works_under_a_new_name_and_predicts_the_same(
    trained_project: TrainedProject, project: Path
) -> None:
    trained_project.case.write(project)
    package = project / "src" / "sakon"
    shutil.copytree(ROOT / "src" / "sakon", package, ignore=shutil.ignore_patterns("__pycache__"))
    shrunk = yaml.safe_load((ROOT / "conf" / "test" / "parameters.yml").read_text())
    copies = [family + SUFFIX for family in families.names()]
    renamed = {name + SUFFIX if name in families.names() else name: block for name, block in shrunk.items()}
    renamed["distributed"] = {"family": "mlp" + SUFFIX}
    for family in families.names():
        shutil.copytree(package / "pipelines" / family, package / "pipelines" / (family + SUFFIX))
        shutil.rmtree(package / "pipelines" / family)
    (project / "conf" / "test" / "parameters.yml").write_text(yaml.safe_dump(renamed))
    for path in (project / "conf" / "base").glob("parameters_*.yml"):
        path.unlink()
    finished = kedro_run(project)
    assert finished.returncode == 0, finished.stderr[-3000:]
    copied, original = (read_leaderboard(folder) for folder in (project, trained_project.project))
    assert dict(copied["status"]) == dict.fromkeys(copies, "trained")
    assert copied["model_version"].notna().all()
    copied.index = copied.index.str.removesuffix(SUFFIX)
    pd.testing.assert_frame_equal(
        copied.drop(columns=UNREPEATABLE_COLUMNS), original.drop(columns=UNREPEATABLE_COLUMNS)
    )
