"""One MLflow run per family: opened, described, closed."""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

LONGEST_VALUE = 6000
SAMPLING_SECONDS = 1


def open_run(name: str, experiment_id: str, problem: str, parameters: dict[str, Any], system_metrics: bool) -> str:
    """Start the run of a family or of the evaluation, and say what it is.

    Args:
        name: Name of the run: the family's.
        experiment_id: Experiment of the problem.
        problem: Name of the problem.
        parameters: Typed parameters, by key.
        system_metrics: Whether to record use of processor and memory.

    Returns:
        The run's id.
    """
    import mlflow

    mlflow.set_system_metrics_sampling_interval(SAMPLING_SECONDS)
    run = mlflow.start_run(experiment_id=experiment_id, run_name=name, log_system_metrics=system_metrics)
    mlflow.log_params(described(name, parameters))
    mlflow.set_tags(
        {
            "sakon.problem": problem,
            "sakon.family": name,
            "sakon.command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
            "sakon.pid": str(os.getpid()),
            "sakon.host": socket.gethostname(),
            **git_tags(),
        }
    )
    return str(run.info.run_id)


def reopen_run(run_id: str, system_metrics: bool) -> None:
    """Go on with a run of this session."""
    import mlflow

    mlflow.start_run(run_id=run_id, log_system_metrics=system_metrics)


def close_run(failure: BaseException | None = None) -> None:
    """End the open run; as failed, with the reason, if something went wrong."""
    import mlflow

    if failure is None:
        mlflow.end_run("FINISHED")
        return
    mlflow.set_tag("sakon.failure", (str(failure) or repr(failure)).splitlines()[0][:LONGEST_VALUE])
    mlflow.end_run("FAILED")


def described(name: str, parameters: dict[str, Any]) -> dict[str, str]:
    """Return the run's parameters, flat: its own unprefixed, the problem's after `problem.`."""
    return flattened(parameters.get(name)) | flattened(parameters.get("problem"), "problem.")


def flattened(value: Any, prefix: str = "") -> dict[str, str]:
    """Return a typed block as dotted names and texts, lists as JSON."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if not isinstance(value, dict):
        return {}
    flat: dict[str, str] = {}
    for key, inner in value.items():
        if isinstance(inner, dict):
            flat |= flattened(inner, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = (inner if isinstance(inner, str) else json.dumps(inner))[:LONGEST_VALUE]
    return flat


def git_tags() -> dict[str, str]:
    """Return the commit that runs and whether files differ from it; nothing outside a repository."""

    def git(*arguments: str) -> str:
        command = ["git", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()  # noqa: S603

    try:
        dirty = bool(git("status", "--porcelain", "--untracked-files=no"))
        return {"mlflow.source.git.commit": git("rev-parse", "HEAD"), "sakon.git_dirty": str(dirty).lower()}
    except (OSError, subprocess.SubprocessError):
        return {}
