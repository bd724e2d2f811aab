"""Projects and processes that benchmarks measure: seconds, memory, and seconds by node from Kedro's log."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
LOG = "run.log"
STEP = re.compile(r"^(?P<at>[\d.]+) kedro\S+ (?P<what>Loading|Running|Saving) (?:node: (?P<node>\S+))?", re.MULTILINE)


@dataclass(frozen=True)
class Measured:
    """What a process took: by the clock, of all processors together, and its highest resident memory."""

    seconds: float
    processor_seconds: float
    gib: float


def make_project(folder: Path, env: str, raw: dict[str, Any], parameters: dict[str, Any]) -> Path:
    """Copy configuration and layout into a folder, and add a problem.

    Args:
        folder: An empty folder.
        env: Name of the problem.
        raw: Catalog entry of its raw data.
        parameters: Its parameters.

    Returns:
        The folder of its raw data.
    """
    shutil.copytree(ROOT / "conf", folder / "conf", dirs_exist_ok=True)
    for name in ("pyproject.toml", ".telemetry"):
        shutil.copy(ROOT / name, folder)
    conf, data = folder / "conf" / env, folder / "data/01_raw" / env
    for path in (folder / "src", conf, data):
        path.mkdir(parents=True, exist_ok=True)
    (conf / "catalog.yml").write_text(yaml.safe_dump({"raw": raw}), encoding="utf-8")
    (conf / "parameters.yml").write_text(yaml.safe_dump(parameters), encoding="utf-8")
    write_log_settings(folder)
    return data


def write_log_settings(folder: Path) -> None:
    """Let Kedro write to a file, with the time, what it does."""
    settings = yaml.safe_load((ROOT / "conf/logging.yml").read_text(encoding="utf-8"))
    settings["formatters"] = {"timed": {"format": "%(created).3f %(name)s %(message)s"}}
    settings["handlers"]["file"] = {"class": "logging.FileHandler", "filename": LOG, "formatter": "timed"}
    timed = {"level": "INFO", "handlers": ["file"], "propagate": False}
    settings["loggers"] |= {"kedro.io.data_catalog": timed, "kedro.pipeline.node": timed, "kedro.runner": timed}
    (folder / "logging.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")


def environment(**variables: str) -> dict[str, str]:
    """Return the environment of a process that imports this project and records in its own store, with variables."""
    paths = [str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    inherited = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    return inherited | {"PYTHONPATH": os.pathsep.join(paths)} | variables


def measure(command: list[str], folder: Path) -> Measured:
    """Run a command in a project and measure it; end this program if it fails."""
    env = environment(KEDRO_LOGGING_CONFIG=str(folder / "logging.yml"))
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)}: ended with {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Measured(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 2**30)


def seconds_by_node(log: Path, ended: float) -> dict[str, dict[str, float]]:
    """Return, by node, seconds of loading, running and saving: each step lasts until the next one begins."""
    steps = list(STEP.finditer(log.read_text(encoding="utf-8")))
    ends = [*(float(step["at"]) for step in steps[1:]), ended]
    nodes: list[tuple[str, dict[str, float]]] = []
    loading = 0.0
    for step, end in zip(steps, ends, strict=True):
        passed = end - float(step["at"])
        if step["what"] == "Loading":
            loading += passed
        elif step["what"] == "Running":
            nodes.append((step["node"], {"loading": loading, "running": passed, "saving": 0.0}))
            loading = 0.0
        elif nodes:
            nodes[-1][1]["saving"] += passed
    return dict(nodes)
