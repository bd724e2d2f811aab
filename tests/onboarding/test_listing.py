"""The list shows what the last run of every problem left behind."""

from __future__ import annotations

import json
from pathlib import Path

from fabricate import BY_NAME
from sessions import configure

from sakon.onboarding.listing import ChampionSummary, ProblemSummary, list_problems


def summaries(project: Path) -> dict[str, ProblemSummary]:
    configure()
    return {problem.name: problem for problem in list_problems(project, project / "conf")}


def write_json(project: Path, file: str, **content: object) -> None:
    path = project / "data" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def test_problems_before_their_first_run(project: Path) -> None:
    problems = summaries(project)
    assert next(iter(problems)) == "digits"
    assert problems["credit"] == ProblemSummary("credit", kind="tabular")
    assert problems["digits"] == ProblemSummary("digits", kind="image")


def test_champion_follows_from_the_last_decision(project: Path) -> None:
    write_json(project, "02_intermediate/credit/schema.json", task="classification")
    write_json(project, "02_intermediate/credit/profile.json", rows=1000)
    before = {"champion_family": "mlp", "champion_version": "3", "champion_value": 0.7, "metric": "roc_auc"}
    challenger = {"family": "cnn", "version": "4", "value": 0.8}
    write_json(project, "08_reporting/credit/decision.json", promoted=False, **before, **challenger)
    champion = ChampionSummary("mlp", "3", "roc_auc", 0.7)
    assert summaries(project)["credit"] == ProblemSummary("credit", "tabular", "classification", 1000, champion)
    write_json(project, "08_reporting/credit/decision.json", promoted=True, **before, **challenger)
    assert summaries(project)["credit"].champion == ChampionSummary("cnn", "4", "roc_auc", 0.8)
    write_json(project, "08_reporting/credit/decision.json", promoted=False, reason="no family has been trained")
    assert summaries(project)["credit"].champion is None


def test_invalid_configuration_does_not_hide_other_problems(project: Path) -> None:
    (project / "conf/housing/parameters.yml").write_text("problem: [")
    problems = summaries(project)
    assert "expected valid YAML" in problems["housing"].error
    assert problems["credit"].kind == "tabular"


def test_new_problem_is_listed(project: Path) -> None:
    BY_NAME["tabular_classification"].write(project, "mine")
    assert summaries(project)["mine"].kind == "tabular"
