"""A check finds what a run would find, all at once, and leaves no trace."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from fabricate import BY_NAME, CASES, Fabricated
from kedro.framework.startup import bootstrap_project
from kedro.io import DatasetError

from sakon.errors import DataError, ParameterError
from sakon.onboarding.checking import Checked, check, remarks

TABLE = BY_NAME["tabular_classification"]


def checked(project: Path, name: str = "mine") -> Checked:
    bootstrap_project(project)
    return check(project, project / "conf", name)


def content(project: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in project.rglob("*") if path.is_file()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_problem_in_order(project: Path, case: Fabricated) -> None:
    case.write(project, "mine")
    before = content(project)
    found = checked(project)
    assert (found.profile["kind"], found.profile["task"]) == (case.kind, case.task)
    of_records = case.task != "forecast"  # of windows there are fewer, as none crosses a border
    assert sum(found.parts.values()) == found.profile["rows"] or not of_records
    assert min(found.parts.values()) > 0
    assert content(project) == before


def test_the_default_problem(project: Path) -> None:
    assert checked(project, "digits").profile["rows"] == 1797


def test_all_faults_of_the_configuration_at_once(project: Path) -> None:
    parameters = TABLE.parameters | {"metric": "acuracy", "seeed": 3}
    Fabricated(TABLE.kind, TABLE.task, TABLE.raw, parameters).write(project, "mine")
    catalog = project / "conf/mine/catalog.yml"
    catalog.write_text(yaml.safe_dump({"raw": {"type": "pandas.CSVDataset", "filepth": "x.csv"}}))
    (project / "conf/mine/parameters_mlp.yml").write_text("mlp: {dropout: 7}")
    with pytest.raises(ParameterError) as caught:
        checked(project)
    said = "\n".join(caught.value.messages)
    for word in ("did you mean 'accuracy'", "did you mean 'seed'", "mlp.dropout", "catalog.yml, raw"):
        assert word in said
    assert len(caught.value.messages) == 4


def test_all_faults_of_the_data_at_once(project: Path) -> None:
    raw = TABLE.raw.assign(height=float("inf"), outcome=["rare", *TABLE.raw["outcome"][1:]])
    Fabricated(TABLE.kind, TABLE.task, raw, TABLE.parameters).write(project, "mine")
    with pytest.raises(DataError) as caught:
        checked(project)
    assert len(caught.value.messages) == 2


def test_raw_data_that_are_missing_broken_or_elsewhere(project: Path) -> None:
    TABLE.write(project, "mine")
    file = project / "data/01_raw/mine/raw.csv"
    file.write_text("a,b\n1\n1,2,3\n")
    with pytest.raises(DatasetError):
        checked(project)
    file.unlink()
    with pytest.raises(DataError, match=r"data/01_raw/mine/raw\.csv: the raw file is not there"):
        checked(project)
    before = content(project)
    found = checked(project, "credit")
    assert found.profile == {}
    assert "the first run downloads data/01_raw/credit/german_credit.csv" in found.remarks[0]
    assert content(project) == before


def test_no_such_problem(project: Path) -> None:
    with pytest.raises(ParameterError, match="did you mean 'credit'"):
        checked(project, "credti")


def test_yaml_that_is_none(project: Path) -> None:
    TABLE.write(project, "mine")
    (project / "conf/mine/catalog.yml").write_text("raw: {")
    with pytest.raises(ParameterError, match="expected valid YAML"):
        checked(project)


def test_what_deserves_attention() -> None:
    plain = {"task": "regression", "rows": 100, "rows_without_target": 0, "missing": {"a": 1}, "duplicated_rows": 0}
    plain |= {"rows_that_differ_only_in_target": 0, "constant_columns": [], "suspicious_leaks": {}, "sum_leak": []}
    assert remarks(plain) == []
    worse = plain | {"rows_without_target": 3, "missing": {"a": 40, "b": 60}, "duplicated_rows": 2}
    worse |= {"rows_that_differ_only_in_target": 1, "constant_columns": ["c"], "suspicious_leaks": {"d": 0.99}}
    said = remarks(worse)
    assert len(said) == 6
    assert said[1] == "Missing values: b 60%, a 40%."
