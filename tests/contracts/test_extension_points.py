"""A kind is added by one module and a metric by one registry entry: nothing else has to change."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import lookalikes
import pandas as pd
import pytest
import yaml
from conftest import run
from sessions import configure

from sakon import kinds
from sakon.errors import ParameterError
from sakon.metrics import METRICS, registry
from sakon.onboarding.checking import check_problem
from sakon.onboarding.inference import Request
from sakon.onboarding.new import NewProblem, create_problem

KIND_MODULE = '''
"""Surveys: tables with a column of respondents."""

from sakon.kinds.tabular import Tabular
from sakon.records.proposals import Recognition


class Survey(Tabular):
    priority = 100
    tasks = ("classification",)

    def make_records(self, raw, problem):
        records, schema = super().make_records(raw, problem)
        return records, schema.model_copy(update={"kind": "survey"})

    def recognise(self, raw):
        is_match = "respondent_age" in raw.table
        return Recognition(is_match, "a column of respondents" if is_match else "no respondents")


KIND = Survey()
'''


@pytest.fixture
def survey_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Add the module of a kind to the package of kinds."""
    folder = tmp_path / "kinds"
    folder.mkdir()
    (folder / "survey.py").write_text(KIND_MODULE)
    monkeypatch.setattr(kinds, "__path__", [*kinds.__path__, str(folder)])
    yield
    sys.modules.pop("sakon.kinds.survey", None)
    if hasattr(kinds, "survey"):
        del kinds.survey


@pytest.fixture
def exact_share(monkeypatch: pytest.MonkeyPatch) -> str:
    """Add the entry of a metric to the registry: accuracy under another name."""
    accuracy = METRICS["accuracy"]
    metric = registry.Metric("exact_share", "Exact share", accuracy.tasks, True, accuracy.build)
    monkeypatch.setitem(registry._METRICS, metric.name, metric)
    return metric.name


def survey_table() -> pd.DataFrame:
    table = lookalikes.churn()
    return table.rename(columns={"tenure": "respondent_age"})


def create(project: Path, request: Request) -> NewProblem:
    survey_table().to_csv(project / "survey.csv", index=False)
    return create_problem(project, project / "conf", "mine", project / "survey.csv", request)


@pytest.mark.usefixtures("survey_kind")
def test_kind_is_one_module(project: Path) -> None:
    created = create(project, Request("churn"))
    kind = created.values[[value.path for value in created.values].index(("problem", "kind"))]
    assert (kind.value, kind.reason) == ("survey", "a column of respondents")
    configure()
    assert check_problem(project, project / "conf", "mine").profile.kind == "survey"
    run(project, env="mine", pipelines=["ingestion", "preprocessing"])
    assert (project / "data/05_model_input/mine/train.parquet").exists()


@pytest.mark.usefixtures("survey_kind")
def test_kind_declares_its_tasks_and_is_offered_in_messages(project: Path) -> None:
    with pytest.raises(ParameterError, match="did you mean 'survey'"):
        create(project, Request("churn", "surveys"))
    with pytest.raises(ParameterError, match="expected a task of kind 'survey'"):
        create(project, Request("churn", "survey", "regression"))


def test_metric_is_one_registry_entry(project: Path, exact_share: str) -> None:
    created = create(project, Request("churn"))
    alternatives = [value for value in created.values if value.path[-1] == "metric" and not value.active]
    assert any(exact_share in f"{value.value} {value.reason}" for value in alternatives)
    path = created.folder / "parameters.yml"
    parameters = yaml.safe_load(path.read_text())
    parameters["problem"]["metric"] = exact_share
    path.write_text(yaml.safe_dump(parameters))
    configure()
    check_problem(project, project / "conf", "mine")
    run(project, env="mine", pipelines=["ingestion", "preprocessing", "baseline", "evaluation"])
    leaderboard = pd.read_csv(project / "data/08_reporting/mine/leaderboard.csv")
    assert set(leaderboard["metric"].dropna()) == {exact_share}
    assert leaderboard["value"].iloc[0] > 0
