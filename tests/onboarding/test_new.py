"""A new problem needs a valid name, never overwrites anything, and its catalog finds the data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import lookalikes
import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from sakon.errors import DataError, ParameterError, SakonError
from sakon.onboarding import new, writing
from sakon.onboarding.inference import Request, propose
from sakon.onboarding.new import NewProblem, create_problem


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A project with an empty configuration, and a table inside and outside of it."""
    (tmp_path / "project" / "conf").mkdir(parents=True)
    (tmp_path / "project" / "mine").mkdir()
    lookalikes.churn().to_csv(tmp_path / "project" / "mine" / "churn.csv", index=False)
    lookalikes.churn().to_csv(tmp_path / "churn.csv", index=False)
    return tmp_path


def create(
    workspace: Path, name: str = "churn", data: str = "project/mine/churn.csv", copy: bool = False
) -> NewProblem:
    project = workspace / "project"
    return create_problem(project, project / "conf", name, workspace / data, Request("churn"), copy)


def raw_entry(workspace: Path, name: str = "churn") -> dict[str, str]:
    entry: dict[str, str] = yaml.safe_load((workspace / "project" / "conf" / name / "catalog.yml").read_text())["raw"]
    return entry


def file_contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_path_inside_the_project_is_relative(workspace: Path) -> None:
    create(workspace)
    assert raw_entry(workspace)["filepath"] == "mine/churn.csv"


def test_data_outside_the_project_have_an_absolute_path_or_are_copied(workspace: Path) -> None:
    create(workspace, data="churn.csv")
    assert raw_entry(workspace)["filepath"] == (workspace / "churn.csv").as_posix()
    create(workspace, "copied", "churn.csv", copy=True)
    assert raw_entry(workspace, "copied")["filepath"] == "data/01_raw/copied/churn.csv"
    copy = workspace / "project/data/01_raw/copied/churn.csv"
    assert copy.read_bytes() == (workspace / "churn.csv").read_bytes()
    assert [path.name for path in copy.parent.iterdir()] == ["churn.csv"]


def test_path_is_relative_to_the_working_directory(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workspace / "project" / "mine")
    project = workspace / "project"
    create_problem(project, project / "conf", "churn", Path("churn.csv"), Request("churn"))
    assert raw_entry(workspace)["filepath"] == "mine/churn.csv"


def test_existing_problem_is_never_overwritten(workspace: Path) -> None:
    create(workspace)
    before = file_contents(workspace)
    with pytest.raises(ParameterError, match=r"NAME churn: .*\(conf/churn/\)"):
        create(workspace)
    assert file_contents(workspace) == before


@pytest.mark.parametrize("name", ["", "Wine", "1st", "my problem", "a/b", "..", "ä", "a-b", "x" * 51])
def test_invalid_names_are_refused(workspace: Path, name: str) -> None:
    with pytest.raises(ParameterError, match="expected a lower-case letter"):
        create(workspace, name)


@pytest.mark.parametrize("name", ["base", "local", "test", "digits"])
def test_reserved_names_are_refused(workspace: Path, name: str) -> None:
    with pytest.raises(ParameterError, match="the project itself uses"):
        create(workspace, name)


def test_nothing_is_written_if_the_data_are_invalid(workspace: Path) -> None:
    table = lookalikes.churn().assign(churn=["rare", "rare", *["no", "yes"] * 299])
    table.to_csv(workspace / "project/mine/churn.csv", index=False)
    before = file_contents(workspace)
    with pytest.raises(DataError, match=r"churn\.csv: Target 'churn': .*found 2 of class 'rare'"):
        create(workspace, copy=True)
    assert file_contents(workspace) == before
    assert list((workspace / "project" / "conf").iterdir()) == []


def test_copy_is_removed_if_the_configuration_cannot_be_written(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "write_folder", fail)
    before = file_contents(workspace)
    with pytest.raises(ParameterError, match=r"conf/churn: .*\(No space left on device\)"):
        create(workspace, data="churn.csv", copy=True)
    assert file_contents(workspace) == before


def test_every_value_is_written_with_its_reason(workspace: Path) -> None:
    create(workspace)
    folder = workspace / "project" / "conf" / "churn"
    lines = [*(folder / "parameters.yml").read_text().splitlines(), *(folder / "catalog.yml").read_text().splitlines()]
    for number, line in enumerate(lines):
        is_inferred = line.strip().startswith(
            ("kind:", "task:", "metric:", "sep:", "encoding:", "- customerID", "- zip")
        )
        assert not is_inferred or "#" in line or "#" in lines[number - 1], line
    assert any(line.strip().startswith("# time: signup_date") for line in lines)


def test_errors_name_the_file(workspace: Path) -> None:
    pd.DataFrame({"a": [1, 2], "churn": ["x", "y"]}).to_csv(workspace / "project/mine/churn.csv", index=False)
    with pytest.raises(SakonError, match=r"churn\.csv: Raw table: expected at least 15 rows, found 2"):
        create(workspace)


def test_truncated_image_is_reported_once(workspace: Path) -> None:
    for label in ("cat", "dog"):
        (workspace / "pets" / label).mkdir(parents=True)
        for number in range(4):
            pixels = np.random.default_rng(number).integers(0, 255, (20, 20), np.uint8)
            Image.fromarray(pixels).save(workspace / "pets" / label / f"{number}.png")
    truncated = workspace / "pets" / "cat" / "2.png"
    truncated.write_bytes(truncated.read_bytes()[:200])
    with pytest.raises(DataError) as error:
        create(workspace, data="pets")
    (message,) = error.value.messages
    for fact in (str(workspace / "pets"), "1 of 8", "cat/2.png (image file is truncated)"):
        assert message.count(fact) == 1


def test_training_on_many_rows_is_shortened(workspace: Path) -> None:
    assert set(read_parameters(workspace, create(workspace))) == {"problem"}
    lookalikes.letters(20_000).to_csv(workspace / "letters.csv", index=False)
    project = workspace / "project"
    letters = create_problem(project, project / "conf", "letters", workspace / "letters.csv", Request("letter"))
    parameters = read_parameters(workspace, letters)
    assert (parameters["gan"], parameters["diffusion"]) == ({"epochs": 40}, {"epochs": 40})
    assert {value.path: value.value for value in letters.values}["gan", "epochs"] == 40
    assert "run" not in parameters


@pytest.mark.parametrize(("rows", "minutes"), [(60_000, 60), (400_000, 240)])
def test_very_many_rows_get_a_time_budget(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, rows: int, minutes: int
) -> None:
    monkeypatch.setattr(new, "propose", lambda *arguments: replace(propose(*arguments), rows=rows))
    problem = create(workspace)
    assert read_parameters(workspace, problem)["run"] == {"minutes": minutes}
    text = (workspace / "project" / "conf" / problem.name / "parameters.yml").read_text()
    assert f"# {rows:,} rows: the time that a run may take; each family gets a share" in text


def read_parameters(workspace: Path, problem: NewProblem) -> dict[str, dict[str, object]]:
    path = workspace / "project" / "conf" / problem.name / "parameters.yml"
    parameters: dict[str, dict[str, object]] = yaml.safe_load(path.read_text())
    return parameters
