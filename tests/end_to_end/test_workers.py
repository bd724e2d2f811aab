"""Families that train at the same time give the same results, to the bit, as one after another."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import copy_project, run
from fabricate import BY_NAME
from sessions import UNREPEATABLE_COLUMNS, contents, read_leaderboard

from sakon.errors import FamiliesFailedError

PIPELINES = ["ingestion", "preprocessing", "cnn", "mlp", "som", "evaluation"]
UNREPEATABLE = ("leaderboard.csv", "leaderboard.json", "report.html", "decision.json")
"""Files that show measured times, or numbers of model versions."""
RECORDS = {
    "metrics": "select r.name, m.key, m.step, m.value from metrics m join runs r on r.run_uuid = m.run_uuid"
    " where m.key not like 'system/%' and m.key not like '%seconds%' and m.key not like '%ms_per%'",
    "params": "select r.name, p.key, p.value from params p join runs r on r.run_uuid = p.run_uuid",
    "datasets": "select name, digest, count(*) from datasets d join inputs i on i.source_id = d.dataset_uuid"
    " group by 1, 2",
    # Runs of less than a second have no sample.
    "system metrics": "select distinct m.key from metrics m where m.key like 'system/%' order by 1",
    "status": "select name, status from runs",
    "failures": "select r.name, t.value from tags t join runs r on r.run_uuid = t.run_uuid"
    " where t.key = 'sakon.failure'",
    "versions": "select count(*) from model_versions",
}


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Projects that were run with one worker and with two, by the number; `som` cannot save its history.

    Their paths, which messages name, have the same length.
    """
    projects = {}
    for workers in (1, 2):
        project = copy_project(tmp_path_factory.mktemp(f"workers_{workers}", numbered=False) / "project")
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("MLFLOW_TRACKING_URI", raising=False)
            patch.chdir(project)
            BY_NAME["tabular_classification"].write(project)
            folder = project / "data/08_reporting/test/som"
            folder.parent.mkdir(parents=True)
            folder.write_text("a file where a folder is expected")
            with pytest.raises(FamiliesFailedError, match="som"):
                run(project, pipelines=PIPELINES, run__workers=workers)
        projects[workers] = project
    return projects


def records(project: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(project / "mlflow.db")) as store:
        rows = sorted(store.execute(query))
    return [tuple(str(value).replace(str(project), "") for value in row) for row in rows]


def test_files_are_equal_to_the_bit(projects: dict[int, Path]) -> None:
    one, two = (
        {
            name: str(value).replace(str(project), "")
            for name, value in contents(project).items()
            if not name.endswith(UNREPEATABLE)
        }
        for project in projects.values()
    )
    assert len(one) > 30
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []


def test_leaderboards_are_equal(projects: dict[int, Path]) -> None:
    one, two = (
        read_leaderboard(project).drop(columns=UNREPEATABLE_COLUMNS).replace(re.escape(str(project)), "", regex=True)
        for project in projects.values()
    )
    pd.testing.assert_frame_equal(one, two)


def test_a_family_fails_alone(projects: dict[int, Path]) -> None:
    status = read_leaderboard(projects[2])["status"]
    assert list(status[["cnn", "mlp", "som"]]) == ["trained", "trained", "failed"]
    reason = json.loads((projects[2] / "data/06_models/test/som/failure.json").read_text())["reason"]
    assert "data/08_reporting/test/som: expected to read or write, found an error" in reason


@pytest.mark.parametrize("name", RECORDS)
def test_what_is_recorded_is_equal(projects: dict[int, Path], name: str) -> None:
    one, two = (records(project, RECORDS[name]) for project in projects.values())
    assert one == two
    assert one
