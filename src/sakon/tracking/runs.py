"""MLflow runs of one Kedro run: opened, filled and closed by name."""

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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from sakon import families

if TYPE_CHECKING:
    import mlflow
    from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

MAX_VALUE_LENGTH = 6000
"""Characters of a parameter or tag that MLflow accepts."""
MAX_BATCH = 100
"""Parameters that MLflow accepts in one call; ten times as many metrics."""
SAMPLING_SECONDS = 1.0
"""Seconds between two samples of system metrics."""
INVALID_CHARACTERS = re.compile(r"[^\w\-. :/]")
"""Characters that MLflow refuses in a name."""


@dataclass(frozen=True)
class LoggedVersion:
    """A registered version and the logged model that it is of.

    Attributes:
        number: Number of the version in the registry.
        model_id: Id of the logged model.
    """

    number: str
    model_id: str | None


class MlflowRuns:
    """The MLflow runs of one Kedro run; the name of a run is that of a family, a variant or a pipeline.

    Args:
        client: MLflow client of the store.
        experiment: Id of the problem's experiment.
        problem: Name of the problem and of its registered model.
        parameters: Typed parameters by key, as Kedro's context holds them.
        system_metrics: Whether use of processor and memory is recorded.
    """

    def __init__(
        self,
        client: mlflow.MlflowClient,
        experiment: str,
        problem: str,
        parameters: dict[str, Any],
        system_metrics: bool,
    ) -> None:
        self.client = client
        self.experiment = experiment
        self.problem = problem
        self.parameters = parameters
        self._system_metrics = system_metrics
        self._open: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._versions: dict[str, LoggedVersion] = {}
        self._monitor: SystemMetricsMonitor | None = None
        self._monitored = ""
        self._session_tags = {
            "sakon.problem": problem,
            "sakon.command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
            "sakon.pid": str(os.getpid()),
            "sakon.host": socket.gethostname(),
            **git_tags(),
        }

    def is_open(self, name: str) -> bool:
        """Return whether a run is open."""
        return name in self._open

    def enter(self, name: str) -> None:
        """Open a run if it is not open, and record system metrics in it."""
        if name not in self._open:
            title = families.display_name(name)
            tags = {key: truncate(value) for key, value in {**self._session_tags, "sakon.family": title}.items()}
            run_id = str(self.client.create_run(self.experiment, tags=tags, run_name=title).info.run_id)
            self._open[name] = self._ids[name] = run_id
            self._versions.pop(name, None)
            self._log_params(run_id, self.params_of(name))
        self._switch_monitor(name)

    def params_of(self, name: str) -> dict[str, str]:
        """Return the parameters of a run, flat: the family's, the problem's after `problem.`, Spark's likewise."""
        family, variant = families.split_variant(name)
        flat = flatten_parameters(self.parameters.get(family))
        flat |= flatten_parameters(self.parameters.get("problem"), "problem.")
        return flat | (flatten_parameters(self.parameters.get("distributed"), "distributed.") if variant else {})

    @property
    def distributed_family(self) -> str:
        """The family that Spark trains."""
        return flatten_parameters(self.parameters.get("distributed")).get("family", "")

    def close(self, name: str, failure: str = "") -> None:
        """End a run; as failed, if there is a reason."""
        if self._monitored == name:
            self._switch_monitor("")
        run_id = self._open.pop(name)
        if failure:
            self.client.set_tag(run_id, "sakon.failure", truncate(failure))
        self.client.set_terminated(run_id, "FAILED" if failure else "FINISHED")

    def close_all(self, failure: str = "") -> None:
        """End all open runs."""
        for name in list(self._open):
            self.close(name, failure)

    def id_of(self, name: str) -> str | None:
        """Return the id of a run: of this session, else of the family's registered version, else `None`."""
        if name not in self._ids:
            self._find_registered(name)
        return self._ids.get(name)

    def set_version(self, name: str, version: LoggedVersion) -> None:
        """Set the version which the metrics of a run belong to."""
        self._versions[name] = version

    def version_of(self, name: str) -> LoggedVersion | None:
        """Return the version which the metrics of a run belong to, or `None`."""
        self.id_of(name)
        return self._versions.get(name)

    def log_metrics(self, name: str, metrics: Mapping[str, float]) -> None:
        """Add metrics to a run, and to its logged model if there is one."""
        self.log_steps(name, [(0, metrics)])

    def log_steps(self, name: str, steps: Iterable[tuple[int, Mapping[str, float]]]) -> None:
        """Add the metrics of several steps to a run in one call."""
        from mlflow.entities import Metric

        run_id, now = self.id_of(name), int(time.time() * 1000)
        if run_id is None:
            return
        version = self._versions.get(name)
        model_id = version.model_id if version else None
        metrics = [
            Metric(valid_name(key), float(value), now, step, model_id=model_id, run_id=run_id)
            for step, values in steps
            for key, value in values.items()
        ]
        for start in range(0, len(metrics), MAX_BATCH * 10):
            self.client.log_batch(run_id, metrics=metrics[start : start + MAX_BATCH * 10])

    def set_tags(self, name: str, tags: Mapping[str, str]) -> None:
        """Add tags `sakon.<key>` to a run."""
        from mlflow.entities import RunTag

        run_id = self.id_of(name)
        run_tags = [RunTag(f"sakon.{valid_name(key)}", truncate(value)) for key, value in tags.items()]
        if run_id is not None and run_tags:
            self.client.log_batch(run_id, tags=run_tags)

    def _log_params(self, run_id: str, flat: dict[str, str]) -> None:
        from mlflow.entities import Param

        params = [Param(valid_name(key), value) for key, value in flat.items()]
        for start in range(0, len(params), MAX_BATCH):
            self.client.log_batch(run_id, params=params[start : start + MAX_BATCH])

    def _find_registered(self, name: str) -> None:
        """Look up the run of a family's registered version."""
        from mlflow.exceptions import MlflowException

        try:
            version = self.client.get_model_version_by_alias(self.problem, name)
        except MlflowException:
            return
        self._ids[name] = str(version.run_id)
        self._versions[name] = LoggedVersion(str(version.version), version.tags.get("sakon.model_id"))

    def _switch_monitor(self, name: str) -> None:
        """Record system metrics in a run instead of the one before; in none if the name is empty."""
        if not self._system_metrics or self._monitored == name:
            return
        from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

        if self._monitor is not None:
            self._monitor.finish()
            self._monitor = None
        self._monitored = name
        if name:
            self._monitor = SystemMetricsMonitor(self._open[name], SAMPLING_SECONDS, resume_logging=True)
            self._monitor.start()


def valid_name(name: str) -> str:
    """Return a name that MLflow accepts."""
    return INVALID_CHARACTERS.sub("_", name)


def truncate(value: str) -> str:
    """Return a text that is not longer than MLflow accepts."""
    return value[:MAX_VALUE_LENGTH]


def flatten_parameters(value: object, prefix: str = "") -> dict[str, str]:
    """Return a block of parameters as dotted names and texts; lists as JSON."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if not isinstance(value, dict):
        return {}
    flat: dict[str, str] = {}
    for key, item in value.items():
        if isinstance(item, dict):
            flat |= flatten_parameters(item, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = truncate(item if isinstance(item, str) else json.dumps(item))
    return flat


def git_tags() -> dict[str, str]:
    """Return tags for the current commit and for uncommitted changes; none outside a repository."""

    def git(*arguments: str) -> str:
        command = ["git", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()  # noqa: S603

    try:
        has_changes = bool(git("status", "--porcelain", "--untracked-files=no"))
        return {"mlflow.source.git.commit": git("rev-parse", "HEAD"), "sakon.git_dirty": str(has_changes).lower()}
    except (OSError, subprocess.SubprocessError):
        return {}
