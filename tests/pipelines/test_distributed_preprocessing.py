"""Tables prepared on Spark, in real sessions: the same files as on one machine, or a sentence and nothing changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import run
from fabricate import BY_NAME, Fabricated

from sakon.datasets import ExamplesDataset, ParquetDataset, SkopsDataset
from sakon.errors import DataError
from sakon.pipelines.preprocessing.nodes import check_examples, transform
from sakon.problem import Examples, InputSpec, Schema
from sakon.records.splitting import SPLITS

QUIET = {"mlflow__system_metrics": False, "mlflow__required": False}
PREPARED = ("02_intermediate/test/schema.json", "04_feature/test", "03_primary/test", "05_model_input/test")


@pytest.fixture(autouse=True)
def _one_machine(java: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARK_MASTER", "local[2]")


def prepare(project: Path, **parameters: Any) -> None:
    run(project, pipelines=["distributed_preprocessing"], **QUIET, **parameters)


def in_pieces(table: pd.DataFrame, folder: Path, suffix: str, pieces: int = 3) -> str:
    """Write a table as a folder of files, one of which is empty where the format allows it, and return its path."""
    folder.mkdir()
    for number in range(pieces):
        rows = table.iloc[number::pieces]
        if suffix == "csv":
            rows.to_csv(folder / f"{number}.csv", index=False)
        else:
            rows.to_parquet(folder / f"{number}.parquet")
    if suffix == "parquet":
        table.head(0).to_parquet(folder / "empty.parquet")
    return str(folder)


def made(project: Path, part: str) -> tuple[pd.DataFrame, Examples, Examples]:
    """Return records of a part, the examples that Spark made of them, and those that one machine makes."""
    data = project / "data"
    schema = Schema.model_validate_json((data / "02_intermediate/test/schema.json").read_text(encoding="utf-8"))
    spec = InputSpec.model_validate_json((data / "04_feature/test/input_spec.json").read_text(encoding="utf-8"))
    preprocessor = SkopsDataset(filepath=str(data / "04_feature/test/preprocessor.skops")).load()
    records = ParquetDataset(filepath=str(data / f"03_primary/test/{part}_records.parquet")).load()
    found = ExamplesDataset(filepath=str(data / f"05_model_input/test/{part}.parquet")).load()
    return records, found, transform(records, preprocessor, spec, schema)


def check_as_on_one_machine(project: Path, case: Fabricated, key: str) -> None:
    keys = []
    for part in SPLITS:
        records, found, expected = made(project, part)
        check_examples(found)
        for name in ("x", "y", "row", "tokens"):
            value, wanted = getattr(found, name), getattr(expected, name)
            assert (value is None) == (wanted is None)
            if wanted is not None:
                assert value.dtype == wanted.dtype
                np.testing.assert_array_equal(value, wanted)
        assert records["row"].dtype == np.int64
        keys.append(records[key])
    whole = pd.concat(keys)
    wanted = case.raw.dropna(subset=case.parameters["target"])[key].fillna("" if case.kind == "text" else np.nan)
    assert sorted(whole) == sorted(wanted)


@pytest.mark.parametrize(
    ("name", "suffix", "key"),
    [
        ("tabular_classification", "csv", "height"),
        ("tabular_regression", "parquet", "height"),
        ("text_classification", "parquet", "message"),
    ],
)
def test_what_spark_makes_is_what_one_machine_makes(project: Path, name: str, suffix: str, key: str) -> None:
    case = BY_NAME[name]
    case.write(project)
    path = in_pieces(case.raw, project / "data" / "table", suffix)
    prepare(project, distributed__data=path)
    check_as_on_one_machine(project, case, key)
    if name == "tabular_classification":
        # By the sheer path of the data: families train on it as they would on one file.
        run(project, pipelines=["mlp"], mlp__epochs=1, **QUIET)
        assert (project / "data/06_models/test/mlp/training.json").exists()


def test_the_fit_is_that_of_the_records_of_train(project: Path) -> None:
    case = BY_NAME["tabular_regression"]
    case.write(project)
    run(project, pipelines=["ingestion", "preprocessing"], **QUIET)  # files, whose place folders take
    prepare(project)  # the records that ingestion has made
    records, found, _ = made(project, "train")
    spec = InputSpec.model_validate_json((project / "data/04_feature/test/input_spec.json").read_text(encoding="utf-8"))
    assert spec.target_mean == pytest.approx(records["outcome"].mean(), rel=1e-9)
    assert spec.target_scale == pytest.approx(records["outcome"].std(ddof=0), rel=1e-9)
    assert found.y.mean() == pytest.approx(0, abs=1e-6)
    numbers = records.select_dtypes("number")["height"]
    height = found.x[:, spec.features.index("height")]
    np.testing.assert_allclose(height, (numbers - numbers.mean()) / numbers.std(ddof=0), atol=1e-4)
    prepare(project, distributed__sample_rows=50)
    again, cut, _ = made(project, "train")
    pd.testing.assert_frame_equal(again, records)  # the sample decides what is fitted, not what is learnt from
    assert not np.array_equal(cut.x, found.x)


def state(project: Path) -> dict[str, bytes]:
    files = [file for place in PREPARED for file in [project / "data" / place, *(project / "data" / place).rglob("*")]]
    return {str(file): file.read_bytes() for file in files if file.is_file()}


def broken(case: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    table = BY_NAME["tabular_classification"].raw.copy()
    if case == "too few":
        return table.head(9), {}
    if case == "no target":
        return table.rename(columns={"outcome": "result"}), {}
    if case == "rare class":
        table.loc[:1, "outcome"] = "perhaps"
    if case == "infinite":
        table.loc[3, "weight"] = np.inf
    if case == "row":
        table["row"] = table["height"] * 2
    if case == "unseen":
        table["when"] = np.arange(len(table))
        table.loc[len(table) - 5 :, "outcome"] = "late"
        return table, {"problem__split": {"time": "when"}}
    return table, {"problem__metric": "rmse"} if case == "metric" else {}


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("too few", "expected at least 15 rows, found 9"),
        ("no target", "problem.target: expected a column 'outcome' in the raw table, found none"),
        ("rare class", "found 2 of class 'perhaps'"),
        ("infinite", "Column 'weight': expected finite numbers, found 1 infinite"),
        ("row", "expected no column or target 'row'"),
        ("metric", "expected a metric of classification"),
        ("unseen", r"expected every class in train, found \['late'\]"),
    ],
)
def test_what_cannot_be_learnt_is_said_and_nothing_is_changed(project: Path, case: str, sentence: str) -> None:
    given = BY_NAME["tabular_classification"]
    given.write(project)
    for place in PREPARED:  # what an earlier run has made
        file = project / "data" / place / ("" if place.endswith(".json") else "made")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"before")
    before = state(project)
    assert len(before) == len(PREPARED)
    raw, parameters = broken(case)
    raw.to_parquet(project / "data" / "broken.parquet")
    with pytest.raises(DataError, match=sentence):
        prepare(project, distributed__data=str(project / "data" / "broken.parquet"), **parameters)
    after = {name: content for name, content in state(project).items() if "typed_records" not in name}
    assert after == before


@pytest.mark.parametrize("kind", ["image", "series"])
def test_kinds_that_are_no_table_are_sent_to_one_machine(project: Path, kind: str) -> None:
    case = BY_NAME["tabular_classification"]
    case.write(project)
    conf = project / "conf" / "test" / "parameters_problem.yml"
    options = {"options": {"horizon": 1}, "split": {"time": "since"}} if kind == "series" else {}
    conf.write_text(yaml.safe_dump({"problem": {"kind": kind, "target": "outcome", **options}}), encoding="utf-8")
    case.raw.to_parquet(project / "table.parquet")
    with pytest.raises(DataError, match=f"found '{kind}'; prepare it with `--pipelines=preprocessing`"):
        prepare(project, distributed__data=str(project / "table.parquet"))


def test_the_pipeline_can_be_listed_without_spark() -> None:
    code = """
import sys
from sakon.pipelines.distributed_preprocessing import create_pipeline
create_pipeline()
print([name for name in ("pyspark", "pandas", "pyarrow", "sklearn") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
