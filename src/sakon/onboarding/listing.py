"""All problems, and what is known of them without running anything."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sakon.config_loader import problem_names
from sakon.errors import ParameterError
from sakon.onboarding.configuration import loader_of, read


@dataclass(frozen=True)
class Listed:
    """A problem in the list; `None` is not known, mostly because it has not been run.

    Attributes:
        name: Its name.
        kind: Form of its raw data.
        task: What is predicted.
        rows: Number of records.
        champion: Family, version and test figure of what serves, as the last evaluation left it.
        fault: Why its configuration cannot be read, or nothing.
    """

    name: str
    kind: str | None = None
    task: str | None = None
    rows: int | None = None
    champion: tuple[str, str, str, float] | None = None
    fault: str = ""


def problems(project: Path, conf: Path) -> list[Listed]:
    """Return every problem that has a folder in the configuration, the default one first."""
    return [_listed(project, conf, name) for name in problem_names(conf)]


def _listed(project: Path, conf: Path, name: str) -> Listed:
    try:
        loader = loader_of(conf, name)
        problem = read(loader, "parameters").get("problem") or {}
        catalog = read(loader, "catalog")
    except ParameterError as error:
        return Listed(name, fault=error.messages[0])
    schema, profile, decision = (
        _content(project, catalog.get(dataset)) for dataset in ("schema", "profile", "evaluation.decision")
    )
    return Listed(
        name,
        kind=problem.get("kind"),
        task=schema.get("task") or problem.get("task"),
        rows=profile.get("rows"),
        champion=_champion(decision),
    )


def _content(project: Path, entry: dict[str, Any] | None) -> dict[str, Any]:
    """Return what a JSON file of the catalog holds; nothing where it is missing or broken."""
    try:
        content = json.loads((project / (entry or {})["filepath"]).read_text(encoding="utf-8"))
    except (OSError, KeyError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _champion(decision: dict[str, Any]) -> tuple[str, str, str, float] | None:
    """Return what serves after a decision: the challenger if it was promoted, else the champion before."""
    prefix = "" if decision.get("promoted") else "champion_"
    family, version, value = (decision.get(f"{prefix}{key}") for key in ("family", "version", "value"))
    if family is None or version is None or value is None:
        return None
    return str(family), str(version), str(decision["metric"]), float(value)
