"""`kedro problem check` reports every error that a run would report, and writes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from fabricate import BY_NAME, CASES, Fabricated
from kedro.io import DatasetError
from sessions import configure

from sakon.errors import DataError, ParameterError
from sakon.onboarding.checking import CheckResult, check_problem, profile_warnings
from sakon.problem import DataProfile

TABLE = BY_NAME["tabular_classification"]


def check(project: Path, name: str = "mine") -> CheckResult:
    configure()
    return check_problem(project, project / "conf", name)


def file_contents(project: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in project.rglob("*") if path.is_file()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_valid_problem(project: Path, case: Fabricated) -> None:
    case.write(project, "mine")
    before = file_contents(project)
    result = check(project)
    assert (result.profile.kind, result.profile.task) == (case.kind, case.task)
    if case.task != "forecast":  # a forecast has fewer examples than records: no window crosses a border
        assert sum(result.profile.examples.values()) == result.profile.rows
    assert min(result.profile.examples.values()) > 0
    assert file_contents(project) == before


def test_default_problem(project: Path) -> None:
    assert check(project, "digits").profile.rows == 1797


def test_all_configuration_errors_are_reported_together(project: Path) -> None:
    parameters = TABLE.parameters | {"metric": "acuracy", "seeed": 3}
    Fabricated(TABLE.kind, TABLE.task, TABLE.raw, parameters).write(project, "mine")
    catalog = project / "conf/mine/catalog.yml"
    catalog.write_text(yaml.safe_dump({"raw": {"type": "pandas.CSVDataset", "filepth": "x.csv"}}))
    (project / "conf/mine/parameters_mlp.yml").write_text("mlp: {dropout: 7}")
    with pytest.raises(ParameterError) as caught:
        check(project)
    messages = "\n".join(caught.value.messages)
    for fact in ("did you mean 'accuracy'", "did you mean 'seed'", "mlp.dropout", "catalog.yml, raw"):
        assert fact in messages
    assert len(caught.value.messages) == 4


def test_all_data_errors_are_reported_together(project: Path) -> None:
    raw = TABLE.raw.assign(height=float("inf"), outcome=["rare", *TABLE.raw["outcome"][1:]])
    Fabricated(TABLE.kind, TABLE.task, raw, TABLE.parameters).write(project, "mine")
    with pytest.raises(DataError) as caught:
        check(project)
    assert len(caught.value.messages) == 2


def test_missing_invalid_and_remote_raw_data(project: Path) -> None:
    TABLE.write(project, "mine")
    file = project / "data/01_raw/mine/raw.csv"
    file.write_text("a,b\n1\n1,2,3\n")
    with pytest.raises(DatasetError):
        check(project)
    file.unlink()
    with pytest.raises(DataError, match=r"data/01_raw/mine/raw\.csv: the raw file is not there"):
        check(project)
    before = file_contents(project)
    result = check(project, "credit")
    assert result.profile is None
    assert "data/01_raw/credit/german_credit.csv" in result.warnings[0]
    assert file_contents(project) == before


def test_unknown_problem(project: Path) -> None:
    with pytest.raises(ParameterError, match="did you mean 'credit'"):
        check(project, "credti")


def test_invalid_yaml(project: Path) -> None:
    TABLE.write(project, "mine")
    (project / "conf/mine/catalog.yml").write_text("raw: {")
    with pytest.raises(ParameterError, match="expected valid YAML"):
        check(project)


def test_warnings_name_the_properties_of_the_data() -> None:
    clean = DataProfile(
        kind="tabular",
        task="regression",
        rows=100,
        rows_without_target=0,
        examples={"train": 70, "validation": 15, "test": 15},
        columns={"a": "number", "b": "number", "c": "number", "d": "number", "e": "number", "f": "number"},
        shape=(),
        missing={"a": 1},
        missing_codes={},
        target={"count": 100.0},
        duplicated_rows=0,
        rows_that_differ_only_in_target=0,
        constant_columns=(),
        suspicious_leaks={},
        sum_leak=(),
    )
    assert profile_warnings(clean) == []
    rows = {"rows_without_target": 3, "duplicated_rows": 2, "rows_that_differ_only_in_target": 1}
    columns = {"missing": {"a": 40, "b": 60}, "constant_columns": ("c",)}
    leaks = {"suspicious_leaks": {"d": 0.99}, "sum_leak": ("e", "f")}
    flawed = clean.model_copy(update=rows | columns | leaks)
    warnings = profile_warnings(flawed)
    for fact in ("3 rows without a target", "2 rows repeat", "1 cases", "b 60%, a 40%", ": c.", "d (99%)", "e, f"):
        assert sum(fact in warning for warning in warnings) == 1, fact
    assert len(warnings) == 7
    assert sum("problem.options.ignore" in warning for warning in warnings) == 2
