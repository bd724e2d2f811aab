"""Runs of a small project that are killed or interrupted, each in a process of its own; writes what happened as JSON.

A program, because its processes are forks: everything is imported once, and TensorFlow has not started yet.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import tensorflow  # noqa: F401
from fabricate import BY_NAME
from kedro.framework.cli.cli import KedroCLI
from sessions import contents, copy_project
from stores import shared_tables

RESULTS = "results.json"
KILLS = int(os.environ.get("SAKON_KILLS", "3"))
"""Number of times that the run is killed."""
FAMILIES = os.environ.get("SAKON_KILLED_FAMILIES", "mlp,som")
PIPELINES = f"ingestion,preprocessing,{FAMILIES}"
COMMAND = ["run", "--env=test", f"--pipelines={PIPELINES}"]
PREPARATION = ["run", "--env=test", "--pipelines=ingestion,preprocessing"]
LONG_WORKERS = [
    "run", "--env=test", "--pipelines=mlp,rnn",
    "--params=run.workers=2,mlp.epochs=100000,mlp.patience=100000,rnn.epochs=100000,rnn.patience=100000",
]  # fmt: skip
LONG = ["run", "--env=test", "--pipelines=mlp", "--params=mlp.epochs=100000,mlp.patience=100000"]
DEADLINE = 120.0


def make_project(folder: Path) -> Path:
    folder.mkdir()
    project = copy_project(folder)
    BY_NAME["tabular_classification"].write(project)
    return project


def start(project: Path, arguments: list[str]) -> int:
    """Run a command of a project in a fork, and return its number; its output goes to `log`."""
    process = os.fork()
    if process:
        return process
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets background processes ignore it,
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # and `nohup` this one, which a run respects
    os.chdir(project)
    log = os.open(project / "log", os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
    os.dup2(log, 1)
    os.dup2(log, 2)
    KedroCLI(project).main(arguments, prog_name="kedro")
    sys.exit(0)


def status_of(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def leftovers(project: Path) -> list[str]:
    return [path.name for path in project.rglob(".*.partial.*")] + [path.name for path in project.rglob(".*.old.*")]


def run_statuses(project: Path) -> list[str]:
    with closing(sqlite3.connect(project / "mlflow.db")) as store:
        return [row[0] for row in store.execute("select status from runs order by start_time")]


def killed(folder: Path) -> dict[str, Any]:
    """Kill runs at random moments, then run to the end, and compare with a run that nothing disturbed."""
    undisturbed, project = make_project(folder / "undisturbed"), make_project(folder / "killed")
    started = time.monotonic()
    status = status_of(start(undisturbed, COMMAND))
    seconds, expected = time.monotonic() - started, contents(undisturbed)
    wrong, moments = [], sorted(random.uniform(0.1, 1.0) for _ in range(KILLS))
    for moment in moments:
        process = start(project, COMMAND)
        time.sleep(moment * seconds)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        wrong += [name for name, content in contents(project).items() if expected.get(name) != content]
    last = status_of(start(project, COMMAND))
    final = contents(project)
    different = [name for name in expected.keys() | final.keys() if expected.get(name) != final.get(name)]
    return {
        "statuses": [status, last],
        "moments": moments,
        "incomplete": wrong,
        "different": different,
        "files": len(expected),
        "leftovers": leftovers(project),
        "runs": sorted(set(run_statuses(project))),
        "checkpoints": [path.name for path in project.rglob("epoch_*.npz")],
        "log": (project / "log").read_text()[-2000:],
    }


def interrupted(project: Path, number: signal.Signals) -> dict[str, Any]:
    """Interrupt a training that has a checkpoint."""
    checkpoints = project / "data/06_models/test/mlp/checkpoints"
    before = max(checkpoints.glob("epoch_*.npz"), default=None)
    process, deadline = start(project, LONG), time.monotonic() + DEADLINE
    while max(checkpoints.glob("epoch_*.npz"), default=None) == before and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process, number)
    status = status_of(process)
    after = max(checkpoints.glob("epoch_*.npz"), default=None)
    return {
        "status": status,
        "message": (project / "log").read_text()[-400:],
        "run": run_statuses(project)[-1],
        "resumed": before is not None and after is not None and after.name > before.name,
        "leftovers": leftovers(project),
    }


def workers_of(process: int) -> list[psutil.Process]:
    return [child for child in psutil.Process(process).children() if "sakon.worker" in child.cmdline()]


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)


def start_workers(project: Path) -> tuple[int, list[psutil.Process]]:
    """Start a long run of two families in two workers, and wait until each has a new checkpoint."""
    folders = [project / f"data/06_models/test/{family}/checkpoints" for family in ("mlp", "rnn")]
    last = {folder: max(folder.glob("epoch_*.npz"), default=None) for folder in folders}
    process = start(project, LONG_WORKERS)
    wait_for(lambda: all(max(folder.glob("epoch_*.npz"), default=None) != last[folder] for folder in folders))
    return process, workers_of(process)


def disturbed_workers(project: Path) -> dict[str, Any]:
    """Kill one of two workers, then interrupt the run; kill the main process of another run."""
    process, workers = start_workers(project)
    workers[0].kill()
    wait_for(lambda: list(project.rglob("failure.json")))
    failures = [json.loads(path.read_text())["reason"] for path in project.rglob("failure.json")]
    wait_for(lambda: "FAILED" in run_statuses(project))
    statuses_before, is_other_alive = sorted(run_statuses(project)), workers[1].is_running()
    os.kill(process, signal.SIGINT)
    status, orphans = status_of(process), [worker.pid for worker in workers if worker.is_running()]
    statuses, message = sorted(run_statuses(project)), (project / "log").read_text()[-1000:]
    process, workers = start_workers(project)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    _, alive = psutil.wait_procs(workers, DEADLINE)
    return {
        "failures": failures,
        "statuses_after_kill": statuses_before,
        "other_continues": is_other_alive,
        "status": status,
        "statuses": statuses,
        "message": message,
        "orphans": [orphans, [worker.pid for worker in alive]],
        "leftovers": leftovers(project),
    }


def main(folder: Path) -> None:
    """Run everything below a folder and write the results."""
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    with shared_tables(folder / "tables.db"):
        results: dict[str, Any] = {"killed": killed(folder)}
        project = make_project(folder / "interrupted")
        status_of(start(project, PREPARATION))
        for name in ("SIGTERM", "SIGHUP", "SIGINT"):
            results[name] = interrupted(project, signal.Signals[name])
        results["workers"] = disturbed_workers(project)
    (folder / RESULTS).write_text(json.dumps(results))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
