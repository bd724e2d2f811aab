"""From a file in every format to records and arrays, with the commands alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import lookalikes
import numpy as np
import pandas as pd
import pytest
from conftest import kedro, kedro_process, run
from fabricate import FABRICATORS, image_folder
from sessions import configure

from sakon.datasets import ExamplesDataset
from sakon.onboarding.checking import check_problem
from sakon.onboarding.inference import Request
from sakon.onboarding.new import create_problem


def table(task: str) -> pd.DataFrame:
    raw: pd.DataFrame = FABRICATORS["tabular"][0](task).raw
    return raw.assign(customer_id=np.arange(len(raw)) % 60, row_id=np.arange(len(raw)) + 7)


def write_semicolons(path: Path, task: str) -> None:
    table(task).to_csv(path, index=False, sep=";", decimal=",", encoding="cp1252", date_format="%d.%m.%Y")


FILES: dict[str, Callable[[Path, str], None]] = {
    "mine.csv": write_semicolons,
    "mine.tsv": lambda path, task: table(task).to_csv(path, index=False, sep="\t"),
    "mine.xlsx": lambda path, task: table(task).to_excel(path, index=False),
    "mine.jsonl": lambda path, task: table(task).to_json(path, orient="records", lines=True, date_format="iso"),
    "mine.parquet": lambda path, task: table(task).to_parquet(path),
    "mine.npz": lambda path, task: np.savez(path, **FABRICATORS["image"][0](task).raw),
}


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("name", FILES)
def test_new_check_and_run_of_tables_and_arrays(project: Path, name: str, task: str) -> None:
    FILES[name](project / name, task)
    target = "target" if name.endswith(".npz") else "outcome"
    create_problem(project, project / "conf", "mine", project / name, Request(target))
    configure()
    result = check_problem(project, project / "conf", "mine")
    assert result.profile.task == task
    run(project, env="mine", pipelines=["ingestion", "preprocessing"])
    assert {split: count_examples(project, split) for split in result.profile.examples} == result.profile.examples
    if target == "outcome":
        kinds = {"height": "number", "colour": "category", "since": "date", "rooms": "number"}
        assert kinds.items() <= result.profile.columns.items()
        assert not {"row_id", "customer_id"} & set(result.profile.columns)
        records = pd.read_parquet(project / "data/02_intermediate/mine/records.parquet")
        np.testing.assert_allclose(records["height"], table(task)["height"])
        assert list(records["since"]) == list(table(task)["since"])


def count_examples(project: Path, split: str) -> int:
    return len(ExamplesDataset(filepath=str(project / f"data/05_model_input/mine/{split}.parquet")).load())


def write_series(project: Path) -> tuple[Path, str]:
    FABRICATORS["series"][0]("forecast").raw.to_csv(project / "mine.csv", index=False)
    return project / "mine.csv", "sold"


def write_texts(project: Path) -> tuple[Path, str]:
    lookalikes.messages().to_csv(project / "mine.csv", index=False)
    return project / "mine.csv", "label"


def write_folder(project: Path) -> tuple[Path, str | None]:
    return image_folder(project, "test"), None


@pytest.mark.parametrize(
    ("kind", "write"),
    [("series", write_series), ("text", write_texts), ("image", write_folder)],
    ids=lambda value: str(value)[:6],
)
def test_new_check_and_run_of_every_other_kind(project: Path, kind: str, write: Callable[[Path], Any]) -> None:
    path, target = write(project)
    create_problem(project, project / "conf", "mine", path, Request(target))
    configure()
    result = check_problem(project, project / "conf", "mine")
    assert result.profile.kind == kind
    run(project, env="mine", pipelines=["ingestion", "preprocessing"])
    assert {split: count_examples(project, split) for split in result.profile.examples} == result.profile.examples


def test_commands_one_after_the_other(project: Path) -> None:
    lookalikes.churn(share=0.05).to_csv(project / "churn.csv", index=False)
    created = kedro_process(project, "problem", "new", "churn", "--data", "churn.csv", "--target", "churn")
    assert created.returncode == 0, created.stderr
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
        assert word in created.stdout
    checked = kedro(project, "problem", "check", "churn")
    assert checked.returncode == 0, checked.stderr
    assert "Configuration and data are valid" in checked.stdout
    assert not (project / "data" / "02_intermediate").exists()
    done = kedro_process(project, "run", "--env", "churn", "--pipelines=ingestion,preprocessing")
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
        "NAME credit: expected a new name, found a problem with that name (conf/credit/)",
    ),
    "no problem": (("check", "credti"), "did you mean 'credit'?"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_reported_without_a_traceback(project: Path, name: str) -> None:
    arguments, message = MISTAKES[name]
    lookalikes.churn().to_csv(project / "t.csv", index=False)
    before = sorted((project / "conf").rglob("*"))
    done = kedro(project, "problem", *arguments)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert sorted((project / "conf").rglob("*")) == before
