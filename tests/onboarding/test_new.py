"""A new problem has a good name, is written once, and its data stay where a run finds them."""

from __future__ import annotations

from pathlib import Path

import lookalikes
import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from sakon.errors import DataError, ParameterError, SakonError
from sakon.onboarding import writing
from sakon.onboarding.inference import Wanted
from sakon.onboarding.new import New, new


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A project with an empty configuration, and a table within."""
    (tmp_path / "project" / "conf").mkdir(parents=True)
    (tmp_path / "project" / "mine").mkdir()
    lookalikes.churn().to_csv(tmp_path / "project" / "mine" / "churn.csv", index=False)
    lookalikes.churn().to_csv(tmp_path / "churn.csv", index=False)
    return tmp_path


def made(place: Path, name: str = "churn", data: str = "project/mine/churn.csv", copied: bool = False) -> New:
    project = place / "project"
    return new(project, project / "conf", name, place / data, Wanted("churn"), copied)


def raw(place: Path, name: str = "churn") -> dict[str, str]:
    entry: dict[str, str] = yaml.safe_load((place / "project" / "conf" / name / "catalog.yml").read_text())["raw"]
    return entry


def content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_data_within_the_project_are_named_relative_to_it(place: Path) -> None:
    made(place)
    assert raw(place)["filepath"] == "mine/churn.csv"


def test_data_outside_are_named_in_full_or_copied(place: Path) -> None:
    made(place, data="churn.csv")
    assert raw(place)["filepath"] == (place / "churn.csv").as_posix()
    made(place, "copied", "churn.csv", copied=True)
    assert raw(place, "copied")["filepath"] == "data/01_raw/copied/churn.csv"
    copy = place / "project/data/01_raw/copied/churn.csv"
    assert copy.read_bytes() == (place / "churn.csv").read_bytes()
    assert [path.name for path in copy.parent.iterdir()] == ["churn.csv"]


def test_a_path_relative_to_where_one_stands(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place / "project" / "mine")
    project = place / "project"
    new(project, project / "conf", "churn", Path("churn.csv"), Wanted("churn"))
    assert raw(place)["filepath"] == "mine/churn.csv"


def test_an_existing_problem_is_never_overwritten(place: Path) -> None:
    made(place)
    before = content(place)
    with pytest.raises(ParameterError, match=r"NAME churn: there is a problem of that name already \(conf/churn/\)"):
        made(place)
    assert content(place) == before


@pytest.mark.parametrize("name", ["", "Wine", "1st", "my problem", "a/b", "..", "ä", "a-b", "x" * 51])
def test_a_name_names_folders_and_models(place: Path, name: str) -> None:
    with pytest.raises(ParameterError, match="expected a lower-case letter"):
        made(place, name)


@pytest.mark.parametrize("name", ["base", "local", "test", "digits"])
def test_names_of_the_project_are_refused(place: Path, name: str) -> None:
    with pytest.raises(ParameterError, match="the project itself uses"):
        made(place, name)


def test_nothing_is_written_of_data_that_cannot_be_learnt_from(place: Path) -> None:
    table = lookalikes.churn().assign(churn=["rare", "rare", *["no", "yes"] * 299])
    table.to_csv(place / "project/mine/churn.csv", index=False)
    before = content(place)
    with pytest.raises(DataError, match=r"churn\.csv: Target 'churn': .*found 2 of class 'rare'"):
        made(place, copied=True)
    assert content(place) == before
    assert list((place / "project" / "conf").iterdir()) == []


def test_a_copy_goes_if_the_configuration_cannot_be_written(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "write", full)
    before = content(place)
    with pytest.raises(ParameterError, match=r"conf/churn: cannot be written \(No space left on device\)"):
        made(place, data="churn.csv", copied=True)
    assert content(place) == before


def test_every_choice_is_written_with_its_reason(place: Path) -> None:
    made(place)
    folder = place / "project" / "conf" / "churn"
    lines = [*(folder / "parameters.yml").read_text().splitlines(), *(folder / "catalog.yml").read_text().splitlines()]
    for number, line in enumerate(lines):
        chosen = line.strip().startswith(("kind:", "task:", "metric:", "sep:", "encoding:", "- customerID", "- zip"))
        assert not chosen or "#" in line or "#" in lines[number - 1], line
    assert any(line.strip().startswith("# time: signup_date") for line in lines)


def test_faults_are_sentences(place: Path) -> None:
    pd.DataFrame({"a": [1, 2], "churn": ["x", "y"]}).to_csv(place / "project/mine/churn.csv", index=False)
    with pytest.raises(SakonError, match=r"churn\.csv: Raw table: expected at least 15 rows, found 2"):
        made(place)


def test_a_torn_image_is_named_once(place: Path) -> None:
    for label in ("cat", "dog"):
        (place / "pets" / label).mkdir(parents=True)
        for number in range(4):
            pixels = np.random.default_rng(number).integers(0, 255, (20, 20), np.uint8)
            Image.fromarray(pixels).save(place / "pets" / label / f"{number}.png")
    torn = place / "pets" / "cat" / "2.png"
    torn.write_bytes(torn.read_bytes()[:200])
    with pytest.raises(DataError) as error:
        made(place, data="pets")
    assert str(error.value) == (
        f"{place / 'pets'}: expected complete image files, found 1 of 8 that cannot be read: cat/2.png (image file is "
        "truncated); repair or delete them."
    )


def test_many_rows_are_passed_over_less_often(place: Path) -> None:
    assert set(parameters(place, made(place))) == {"problem"}
    lookalikes.letters(20_000).to_csv(place / "letters.csv", index=False)
    project = place / "project"
    letters = new(project, project / "conf", "letters", place / "letters.csv", Wanted("letter"))
    found = parameters(place, letters)
    assert (found["gan"], found["diffusion"]) == ({"epochs": 40}, {"epochs": 40})
    assert {setting.path: setting.value for setting in letters.settings}["gan", "epochs"] == 40


def parameters(place: Path, made: New) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = yaml.safe_load(
        (place / "project" / "conf" / made.name / "parameters.yml").read_text()
    )
    return found
