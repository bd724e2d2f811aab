"""All problems, and what their last runs left behind; nothing is run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sakon.config_loader import problem_names
from sakon.errors import ParameterError
from sakon.onboarding.configuration import create_loader, read_configuration


@dataclass(frozen=True)
class ChampionSummary:
    """The registered model of a problem, as its last evaluation reported it.

    Attributes:
        family: Family of the model.
        version: Its version in the registry.
        metric: Metric of the problem.
        value: Test value of the metric.
    """

    family: str
    version: str
    metric: str
    value: float


@dataclass(frozen=True)
class ProblemSummary:
    """A problem in the list; `None` is unknown, mostly because the problem has not been run.

    Attributes:
        name: Its name.
        kind: Its kind.
        task: Its task.
        rows: Number of records.
        champion: The champion, as the last evaluation reported it.
        error: Why its configuration cannot be read, or an empty text.
    """

    name: str
    kind: str | None = None
    task: str | None = None
    rows: int | None = None
    champion: ChampionSummary | None = None
    error: str = ""


def list_problems(project: Path, conf: Path) -> list[ProblemSummary]:
    """Return every problem that has a folder in the configuration, the default one first."""
    return [_summarise_problem(project, conf, name) for name in problem_names(conf)]


def _summarise_problem(project: Path, conf: Path, name: str) -> ProblemSummary:
    try:
        loader = create_loader(conf, name)
        problem = read_configuration(loader, "parameters").get("problem") or {}
        catalog = read_configuration(loader, "catalog")
    except ParameterError as error:
        return ProblemSummary(name, error=error.messages[0])
    schema, profile, decision = (
        _read_json(project, catalog.get(dataset)) for dataset in ("schema", "profile", "evaluation.decision")
    )
    return ProblemSummary(
        name,
        kind=problem.get("kind"),
        task=schema.get("task") or problem.get("task"),
        rows=profile.get("rows"),
        champion=_champion(decision),
    )


def _read_json(project: Path, entry: dict[str, Any] | None) -> dict[str, Any]:
    """Return the content of a JSON file of the catalog; empty if the file is missing or invalid."""
    try:
        content = json.loads((project / (entry or {})["filepath"]).read_text(encoding="utf-8"))
    except (OSError, KeyError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _champion(decision: dict[str, Any]) -> ChampionSummary | None:
    """Return the champion after a decision: the challenger if it was promoted, otherwise the previous champion."""
    prefix = "" if decision.get("promoted") else "champion_"
    family, version, value = (decision.get(f"{prefix}{key}") for key in ("family", "version", "value"))
    if family is None or version is None or value is None:
        return None
    return ChampionSummary(str(family), str(version), str(decision["metric"]), float(value))
