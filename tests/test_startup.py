"""Commands that only look start quickly: nothing heavy is imported for them."""

from __future__ import annotations

import subprocess
import sys

from conftest import ROOT

HEAVY = ("tensorflow", "keras", "mlflow", "pandas", "sklearn", "plotly", "scipy", "pyarrow")
LISTING = f"""
import sys
from pathlib import Path
from kedro.framework.startup import bootstrap_project
bootstrap_project(Path.cwd())
from kedro.framework.project import pipelines
assert len(list(pipelines)) > 5
print([name for name in {HEAVY} if name in sys.modules])
"""


COMMANDS = f"""
import sys
from sakon.cli import cli
assert {{"new", "list", "check"}} <= set(cli.commands["problem"].commands)
print([name for name in {(*HEAVY, "numpy")} if name in sys.modules])
"""


def test_commands_are_listed_without_heavy_imports() -> None:
    done = subprocess.run([sys.executable, "-c", COMMANDS], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_listing_pipelines_imports_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", LISTING], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
