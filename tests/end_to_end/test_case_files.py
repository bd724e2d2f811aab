"""Files from public bug reports: `kedro problem new` says what it decided, and ingestion reads the same."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from conftest import kedro, run

from sakon.problem import DataProfile, Schema


@dataclass(frozen=True)
class Ingested:
    """What `kedro problem new` printed and wrote, and what the ingestion of a run saved."""

    printed: str
    raw: dict[str, Any]
    records: pd.DataFrame
    schema: Schema
    profile: DataProfile


def ingest(project: Path, data: Path, target: str) -> Ingested:
    """Propose a problem for a file, and run its ingestion."""
    result = kedro(project, "problem", "new", "case", "--data", str(data), "--target", target)
    assert result.returncode == 0, result.stderr
    run(project, "case", ["ingestion"], mlflow__system_metrics=False)
    folder = project / "data/02_intermediate/case"
    return Ingested(
        " ".join(result.stdout.split()),
        yaml.safe_load((project / "conf/case/catalog.yml").read_text())["raw"],
        pd.read_parquet(folder / "records.parquet"),
        Schema.model_validate_json((folder / "schema.json").read_text()),
        DataProfile.model_validate_json((folder / "profile.json").read_text()),
    )


@pytest.mark.parametrize(
    ("name", "target", "classes", "labels"),
    [
        ("data.csv", "level", ("None", "mild", "severe"), ["None"]),
        ("namibia.csv", "continent", ("AS", "EU", "NA"), ["NA"]),
    ],
)
def test_words_for_missing_values_are_classes(
    case_files: Path, project: Path, name: str, target: str, classes: tuple[str, ...], labels: list[str]
) -> None:
    result = ingest(project, case_files / "none-as-class" / name, target)
    assert result.schema.classes == classes
    assert result.profile.rows_without_target == 0
    assert len(result.records) == 30
    assert result.raw["labels"] == {target: labels}
    assert f"'{labels[0]}' has 10 rows" in result.printed


def test_separator_at_the_end_of_every_line(case_files: Path, project: Path) -> None:
    result = ingest(project, case_files / "trailing-comma/data.csv", "sold")
    assert list(result.records) == ["price", "age", "grade", "sold"]
    assert result.records.iloc[0].tolist() == [11, 3, 3, "yes"]
    assert "separators that no column follows, at the end of 30 lines" in result.printed


def test_dates_with_points_are_dates_beside_german_numbers(case_files: Path, project: Path) -> None:
    result = ingest(project, case_files / "german-dates/data.csv", "Umsatz")
    assert result.schema.timeline is not None
    assert result.schema.timeline.frequency == "D"
    assert result.records["Umsatz"].head(2).tolist() == [1500.49, 1737]
    assert result.records["Datum"].iloc[-1] == pd.Timestamp(2023, 3, 1)


@pytest.mark.parametrize(("name", "income"), [("data.csv", [170736, 384]), ("decimal.csv", [48929, 40240])])
def test_several_answers_are_no_number(case_files: Path, project: Path, name: str, income: list[int]) -> None:
    result = ingest(project, case_files / "answers-lose-commas" / name, "bought")
    assert result.schema.features == {"income": "number", "answers": "category"}
    assert result.records["income"].head(2).tolist() == income
    assert result.records["answers"].head(2).tolist() == ["1,2", "1,3"]


@pytest.mark.parametrize(
    ("name", "target", "gap", "kind"),
    [
        ("data.csv", "sold", "colour", "text"),
        ("empty_text.csv", "stars", "review", "text"),
        ("short.csv", "y", "short", "tabular"),
    ],
)
def test_missing_text(case_files: Path, project: Path, name: str, target: str, gap: str, kind: str) -> None:
    path = case_files / "text-with-a-gap" / name
    is_missing = pd.read_csv(path)[gap].isna()
    assert is_missing.sum() == 1
    result = ingest(project, path, target)
    assert (result.schema.kind, len(result.records)) == (kind, len(is_missing))
    if gap in result.records:
        values = result.records[gap]
        assert list(values.isna() | (values == "")) == list(is_missing)


def test_quoted_line_breaks(case_files: Path, project: Path) -> None:
    result = ingest(project, case_files / "mails-cut-in-two/data.csv", "label")
    assert len(result.records) == 30
    assert result.records["mail"][0] == "Dear team,\nwin a prize now click this link 0"
    assert result.schema.classes == ("ham", "spam")


@pytest.mark.parametrize(
    ("path", "target", "features"),
    [
        ("parquet-arrow-types/data.parquet", "y", {"a": "number", "b": "number"}),
        ("parquet-decimal/target.parquet", "price", {"area": "number", "age": "number"}),
        ("parquet-decimal/feature.parquet", "price", {"area": "number", "age": "number"}),
        ("parquet-unused-category/data.parquet", "y", {"a": "number"}),
        ("parquet-duration/data.parquet", "y", {"a": "number", "wait": "number"}),
    ],
)
def test_types_of_parquet(case_files: Path, project: Path, path: str, target: str, features: dict[str, str]) -> None:
    result = ingest(project, case_files / path, target)
    assert result.schema.features == features
    assert result.schema.classes == (("u", "v") if target == "y" else ())
    assert all(result.records[name].dtype == "float64" for name in features)
    assert result.profile.rows_without_target == 0


def test_duration_is_a_number_of_seconds(case_files: Path, project: Path) -> None:
    path = case_files / "parquet-duration/data.parquet"
    records = ingest(project, path, "y").records
    assert records["wait"].tolist() == pd.read_parquet(path)["wait"].dt.total_seconds().tolist()


def test_named_index_is_a_column(case_files: Path, project: Path) -> None:
    result = ingest(project, case_files / "parquet-date-index/data.parquet", "sales")
    assert result.schema.timeline is not None
    assert (result.schema.timeline.time, result.schema.timeline.frequency) == ("date", "D")
    assert "the index is read as column date" in result.printed


@pytest.mark.parametrize("name", ["data.csv", "data.jsonl"])
def test_codes_keep_their_zeros(case_files: Path, project: Path, name: str) -> None:
    result = ingest(project, case_files / "json-leading-zeros" / name, "grade")
    assert result.schema.classes == ("01", "02", "03")
    if "zip" in result.schema.features:
        assert result.records["zip"].head(2).tolist() == ["01000", "01001"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("readme_first.xlsx", "the first sheet with a column 'y'; the others are Read me"),
        ("title_row.xlsx", "row 2 holds the column names"),
    ],
)
def test_table_within_a_workbook(case_files: Path, project: Path, name: str, reason: str) -> None:
    result = ingest(project, case_files / "excel-layouts" / name, "y")
    assert result.records.head(2).to_numpy().tolist() == [[11, 22], [12.5, 25]]
    assert reason in result.printed


def test_formulas_without_values(case_files: Path, project: Path) -> None:
    path = case_files / "excel-layouts/formulas.xlsx"
    result = kedro(project, "problem", "new", "case", "--data", str(path), "--target", "y")
    assert result.returncode != 0
    message = " ".join(result.stderr.split())
    assert "'y': expected values, found 30 formulas that were never calculated; open the file in Excel" in message
    assert not (project / "conf/case").exists()


def euros(value: float) -> str:
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,")) + " €"


def write_orders(path: Path, rows: range) -> Path:
    """Write a German file with a title, numbers with marks, codes, a class named None, and a separator at the end."""
    levels = ["None", "low", "high"]
    lines = [f"{i % 6:03d};{i % 28 + 1:02d}.03.2023;{euros(1000 * (i % 3) + i + 0.5)};{levels[i % 3]};" for i in rows]
    path.write_text("\n".join(["Export 2023", "", "code;day;amount;level", *lines, "001;02.03.2023;1,00 €;;", ""]))
    return path


def test_new_check_run_and_scoring_read_the_same(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = ingest(project, write_orders(project / "orders.csv", range(90)), "level")
    said = "1 row without a target is excluded."
    assert said in result.printed
    assert result.schema.features == {"code": "category", "day": "date", "amount": "number"}
    assert result.schema.classes == ("None", "high", "low")
    assert result.records["amount"].tolist() == [1000 * (i % 3) + i + 0.5 for i in range(90)]
    assert said in " ".join(kedro(project, "problem", "check", "case").stdout.split())
    capsys.readouterr()
    settings = {"baseline__trees": 5, "mlflow__system_metrics": False}
    run(project, "case", ["ingestion", "preprocessing", "baseline", "evaluation"], **settings)
    assert f"Note: {said}" in " ".join(capsys.readouterr().out.split())
    new = write_orders(project / "new.csv", range(100, 130))
    run(project, "case", ["scoring"], scoring__data=str(new), **settings)
    scores = json.loads((project / "data/08_reporting/case/scoring/scores.json").read_text())
    assert scores["new"]["accuracy"]["value"] == 1
    assert (scores["unknown_categories"], scores["unreadable_values"]) == ({}, {})
    records = pd.read_parquet(project / "data/02_intermediate/case/scoring/records.parquet")
    assert records["amount"].tolist()[:2] == [1100.5, 2101.5]
