"""The list says what is known of each problem, and no more."""

from __future__ import annotations

import json
from pathlib import Path

from fabricate import BY_NAME
from kedro.framework.startup import bootstrap_project

from sakon.onboarding.listing import Listed, problems


def listed(project: Path) -> dict[str, Listed]:
    bootstrap_project(project)
    return {each.name: each for each in problems(project, project / "conf")}


def leave(project: Path, file: str, **content: object) -> None:
    path = project / "data" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def test_problems_that_were_not_run(project: Path) -> None:
    found = listed(project)
    assert next(iter(found)) == "digits"
    assert found["credit"] == Listed("credit", kind="tabular")
    assert found["digits"] == Listed("digits", kind="image")


def test_what_runs_left_behind(project: Path) -> None:
    leave(project, "02_intermediate/credit/schema.json", task="classification")
    leave(project, "02_intermediate/credit/profile.json", rows=1000)
    before = {"champion_family": "mlp", "champion_version": "3", "champion_value": 0.7, "metric": "roc_auc"}
    challenger = {"family": "cnn", "version": "4", "value": 0.8}
    leave(project, "08_reporting/credit/decision.json", promoted=False, **before, **challenger)
    assert listed(project)["credit"] == Listed(
        "credit", "tabular", "classification", 1000, ("mlp", "3", "roc_auc", 0.7)
    )
    leave(project, "08_reporting/credit/decision.json", promoted=True, **before, **challenger)
    assert listed(project)["credit"].champion == ("cnn", "4", "roc_auc", 0.8)
    leave(project, "08_reporting/credit/decision.json", promoted=False, reason="no family has been trained")
    assert listed(project)["credit"].champion is None


def test_a_problem_that_cannot_be_read_does_not_hide_the_others(project: Path) -> None:
    (project / "conf/housing/parameters.yml").write_text("problem: [")
    found = listed(project)
    assert "expected valid YAML" in found["housing"].fault
    assert found["credit"].kind == "tabular"


def test_a_new_problem_is_listed(project: Path) -> None:
    BY_NAME["tabular_classification"].write(project, "mine")
    assert listed(project)["mine"].kind == "tabular"
