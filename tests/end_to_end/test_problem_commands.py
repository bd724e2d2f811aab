"""From a user's file to records and arrays by the commands alone, in every format."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lookalikes
import numpy as np
import pandas as pd
import pytest
from conftest import run
from fabricate import FABRICATORS, image_folder
from kedro.framework.startup import bootstrap_project

from sakon.datasets import ExamplesDataset
from sakon.onboarding.checking import check
from sakon.onboarding.inference import Wanted
from sakon.onboarding.new import new


def kedro(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kedro", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


def table(task: str) -> pd.DataFrame:
    raw: pd.DataFrame = FABRICATORS["tabular"][0](task).raw
    return raw.assign(customer_id=np.arange(len(raw)) % 60, row_id=np.arange(len(raw)) + 7)


def semicolons(path: Path, task: str) -> None:
    table(task).to_csv(path, index=False, sep=";", decimal=",", encoding="cp1252", date_format="%d.%m.%Y")


FILES: dict[str, Callable[[Path, str], None]] = {
    "mine.csv": semicolons,
    "mine.tsv": lambda path, task: table(task).to_csv(path, index=False, sep="\t"),
    "mine.xlsx": lambda path, task: table(task).to_excel(path, index=False),
    "mine.jsonl": lambda path, task: table(task).to_json(path, orient="records", lines=True, date_format="iso"),
    "mine.parquet": lambda path, task: table(task).to_parquet(path),
    "mine.npz": lambda path, task: np.savez(path, **FABRICATORS["image"][0](task).raw),
}


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("name", FILES)
def test_new_check_run(project: Path, name: str, task: str) -> None:
    FILES[name](project / name, task)
    target = "target" if name.endswith(".npz") else "outcome"
    new(project, project / "conf", "mine", project / name, Wanted(target))
    bootstrap_project(project)
    checked = check(project, project / "conf", "mine")
    assert checked.profile["task"] == task
    run(project, env="mine", pipelines=["ingestion", "preprocessing"])
    parts = {
        part: ExamplesDataset(filepath=str(project / f"data/05_model_input/mine/{part}.parquet")).load()
        for part in checked.parts
    }
    assert {part: len(each) for part, each in parts.items()} == checked.parts
    if target == "outcome":
        kinds = {"height": "number", "colour": "category", "since": "date", "rooms": "number"}
        assert kinds.items() <= checked.profile["columns"].items()
        assert not {"row_id", "customer_id"} & set(checked.profile["columns"])
        records = pd.read_parquet(project / "data/02_intermediate/mine/records.parquet")
        np.testing.assert_allclose(records["height"], table(task)["height"])
        assert list(records["since"]) == list(table(task)["since"])


def a_series(project: Path) -> tuple[Path, str]:
    FABRICATORS["series"][0]("forecast").raw.to_csv(project / "mine.csv", index=False)
    return project / "mine.csv", "sold"


def some_texts(project: Path) -> tuple[Path, str]:
    lookalikes.messages().to_csv(project / "mine.csv", index=False)
    return project / "mine.csv", "label"


def a_folder(project: Path) -> tuple[Path, str | None]:
    return image_folder(project, "test"), None


@pytest.mark.parametrize(
    ("kind", "write"),
    [("series", a_series), ("text", some_texts), ("image", a_folder)],
    ids=lambda value: str(value)[:6],
)
def test_every_other_kind_new_check_run(project: Path, kind: str, write: Callable[[Path], Any]) -> None:
    path, target = write(project)
    new(project, project / "conf", "mine", path, Wanted(target))
    bootstrap_project(project)
    checked = check(project, project / "conf", "mine")
    assert checked.profile["kind"] == kind
    run(project, env="mine", pipelines=["ingestion", "preprocessing"])
    for part, rows in checked.parts.items():
        assert len(ExamplesDataset(filepath=str(project / f"data/05_model_input/mine/{part}.parquet")).load()) == rows


def test_the_commands_in_a_row(project: Path) -> None:
    lookalikes.churn(share=0.05).to_csv(project / "churn.csv", index=False)
    made = kedro(project, "problem", "new", "churn", "--data", "churn.csv", "--target", "churn")
    assert made.returncode == 0, made.stderr
    for word in (
        "kind",
        "tabular",
        "task",
        "classification",
        "pr_auc",
        '"yes"',
        "customerID",
        "conf/churn/catalog.yml",
    ):
        assert word in made.stdout
    checked = kedro(project, "problem", "check", "churn")
    assert checked.returncode == 0, checked.stderr
    assert "in order" in checked.stdout
    assert not (project / "data" / "02_intermediate").exists()
    done = kedro(project, "run", "--env", "churn", "--pipelines=ingestion,preprocessing")
    assert done.returncode == 0, done.stderr
    listed = kedro(project, "problem", "list")
    assert listed.returncode == 0, listed.stderr
    assert next(line for line in listed.stdout.splitlines() if "churn" in line).split()[:4] == [
        "churn", "tabular", "classification", "600",
    ]  # fmt: skip


MISTAKES = {
    "wrong target": (("new", "mine", "--data", "t.csv", "--target", "chrun"), "did you mean 'churn'?"),
    "no target": (("new", "mine", "--data", "t.csv"), "--target: expected the column to predict"),
    "no file": (("new", "mine", "--data", "nothing.csv", "--target", "churn"), "nothing.csv: expected a file"),
    "bad name": (("new", "My-Problem", "--data", "t.csv", "--target", "churn"), "NAME My-Problem: expected"),
    "taken name": (
        ("new", "credit", "--data", "t.csv", "--target", "churn"),
        "there is a problem of that name already",
    ),
    "no problem": (("check", "credti"), "did you mean 'credit'?"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_sentences(project: Path, name: str) -> None:
    arguments, sentence = MISTAKES[name]
    lookalikes.churn().to_csv(project / "t.csv", index=False)
    before = sorted((project / "conf").rglob("*"))
    done = kedro(project, "problem", *arguments)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert sorted((project / "conf").rglob("*")) == before
