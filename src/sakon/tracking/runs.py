"""One MLflow run per family: opened, described, closed.

Kedro interleaves the nodes of families, so several runs can be open at once. MLflow's own "active
run" is one per thread and ends as finished with the process, whatever happened; so runs are kept here.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from numbers import Real
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sakon import families

LONGEST_VALUE = 6000
LARGEST_BATCH = 100
SAMPLING_SECONDS = 1.0
STRANGE = re.compile(r"[^\w\-. :/]")


class Runs:
    """The runs of one Kedro run.

    Args:
        client: MLflow client of the store.
        experiment: Id of the problem's experiment.
        problem: Name of the problem and of its registered model.
        parameters: Typed parameters, by key.
        system_metrics: Whether to record use of processor and memory.
    """

    def __init__(
        self, client: Any, experiment: str, problem: str, parameters: dict[str, Any], system_metrics: bool
    ) -> None:
        self.client = client
        self.experiment = experiment
        self.problem = problem
        self._parameters = parameters
        self._system_metrics = system_metrics
        self._open: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._models: dict[str, str | None] = {}
        self._monitored: tuple[str, Any] | None = None
        self._session = {
            "sakon.problem": problem,
            "sakon.command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
            "sakon.pid": str(os.getpid()),
            "sakon.host": socket.gethostname(),
            **git_tags(),
        }

    def is_open(self, name: str) -> bool:
        """Say whether a run is being recorded."""
        return name in self._open

    def enter(self, name: str) -> None:
        """Open a run, unless it is open, and let system metrics go to it."""
        if name not in self._open:
            title = families.display_name(name)
            tags = {key: cut(value) for key, value in {**self._session, "sakon.family": title}.items()}
            run_id = str(self.client.create_run(self.experiment, tags=tags, run_name=title).info.run_id)
            self._open[name] = self._ids[name] = run_id
            self._models.pop(name, None)
            self._log_params(run_id, self.params_of(name))
        self._monitor(name)

    def params_of(self, name: str) -> dict[str, str]:
        """Return a run's parameters, flat: its own unprefixed, the problem's after `problem.`, Spark's likewise."""
        family = families.split_variant(name)[0]
        flat = flattened(self._parameters.get(family)) | flattened(self._parameters.get("problem"), "problem.")
        return flat | (flattened(self._parameters.get("distributed"), "distributed.") if family != name else {})

    @property
    def distributed_family(self) -> str:
        """The family that Spark trains."""
        return flattened(self._parameters.get("distributed")).get("family", "")

    def close(self, name: str, failure: str = "") -> None:
        """End a run; as failed, with the reason, if something went wrong."""
        if self._monitored and self._monitored[0] == name:
            self._monitor(None)
        run_id = self._open.pop(name)
        if failure:
            self.client.set_tag(run_id, "sakon.failure", cut(failure))
        self.client.set_terminated(run_id, "FAILED" if failure else "FINISHED")

    def close_all(self, failure: str = "") -> None:
        """End all open runs."""
        for name in list(self._open):
            self.close(name, failure)

    def id_of(self, name: str) -> str | None:
        """Return a run's id: of this session, else of the family's registered version, else `None`."""
        if name not in self._ids:
            self._look_up(name)
        return self._ids.get(name)

    def keep_model(self, name: str, model_id: str) -> None:
        """Keep which logged model a family's figures belong to."""
        self._models[name] = model_id

    def log_metrics(self, name: str, numbers: Mapping[str, Any], step: int = 0) -> None:
        """Add numbers to a run, and to the family's logged model if there is one."""
        self.log_points(name, [(step, numbers)])

    def log_points(self, name: str, points: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
        """Add numbers of several steps to a run at once; what is no number is left out."""
        from mlflow.entities import Metric

        run_id, now = self.id_of(name), int(time.time() * 1000)
        if run_id is None:
            return
        metrics = [
            Metric(STRANGE.sub("_", key), float(value), now, step, model_id=self._models.get(name), run_id=run_id)
            for step, numbers in points
            for key, value in numbers.items()
            if isinstance(value, Real) and not isinstance(value, bool)
        ]
        for start in range(0, len(metrics), LARGEST_BATCH * 10):
            self.client.log_batch(run_id, metrics=metrics[start : start + LARGEST_BATCH * 10])

    def set_tags(self, name: str, texts: Mapping[str, str]) -> None:
        """Add tags `sakon.<key>` to a run."""
        from mlflow.entities import RunTag

        run_id = self.id_of(name)
        tags = [RunTag(f"sakon.{STRANGE.sub('_', key)}", cut(value)) for key, value in texts.items()]
        if run_id is not None and tags:
            self.client.log_batch(run_id, tags=tags)

    def _log_params(self, run_id: str, flat: dict[str, str]) -> None:
        from mlflow.entities import Param

        params = [Param(STRANGE.sub("_", key), value) for key, value in flat.items()]
        for start in range(0, len(params), LARGEST_BATCH):
            self.client.log_batch(run_id, params=params[start : start + LARGEST_BATCH])

    def _look_up(self, family: str) -> None:
        from mlflow.exceptions import MlflowException

        try:
            version = self.client.get_model_version_by_alias(self.problem, family)
        except MlflowException:
            return
        self._ids[family], self._models[family] = str(version.run_id), version.tags.get("sakon.model_id")

    def _monitor(self, name: str | None) -> None:
        if not self._system_metrics or (self._monitored and self._monitored[0] == name):
            return
        from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

        if self._monitored:
            self._monitored[1].finish()
            self._monitored = None
        if name is not None:
            monitor = SystemMetricsMonitor(self._open[name], SAMPLING_SECONDS, resume_logging=True)
            monitor.start()
            self._monitored = (name, monitor)


def cut(value: str) -> str:
    """Return a text no longer than MLflow keeps."""
    return value[:LONGEST_VALUE]


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
            flat[f"{prefix}{key}"] = cut(inner if isinstance(inner, str) else json.dumps(inner))
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
