"""Preprocessing in a real Spark session: the same files as on one machine, or an error and no change."""

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
from sakon.records.splitting import ROW, SPLITS

QUIET = {"mlflow__system_metrics": False, "mlflow__required": False}
PREPARED = ("02_intermediate/test/schema.json", "04_feature/test", "03_primary/test", "05_model_input/test")


@pytest.fixture(autouse=True)
def _spark_on_this_machine(java: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARK_MASTER", "local[2]")


def prepare(project: Path, **parameters: Any) -> None:
    run(project, pipelines=["distributed_preprocessing"], **QUIET, **parameters)


def write_folder(table: pd.DataFrame, folder: Path, suffix: str, files: int = 3) -> str:
    """Write a table as a folder of files, with an empty one for Parquet, and return its path."""
    folder.mkdir()
    for number in range(files):
        rows = table.iloc[number::files]
        if suffix == "csv":
            rows.to_csv(folder / f"{number}.csv", index=False)
        else:
            rows.to_parquet(folder / f"{number}.parquet")
    if suffix == "parquet":
        table.head(0).to_parquet(folder / "empty.parquet")
    return str(folder)


def load_split(project: Path, name: str) -> tuple[pd.DataFrame, Examples, Examples]:
    """Return the records of a split, their examples as Spark made them, and as one machine makes them."""
    data = project / "data"
    schema = Schema.model_validate_json((data / "02_intermediate/test/schema.json").read_text(encoding="utf-8"))
    spec = InputSpec.model_validate_json((data / "04_feature/test/input_spec.json").read_text(encoding="utf-8"))
    preprocessor = SkopsDataset(filepath=str(data / "04_feature/test/preprocessor.skops")).load()
    records = ParquetDataset(filepath=str(data / f"03_primary/test/{name}_records.parquet")).load()
    examples = ExamplesDataset(filepath=str(data / f"05_model_input/test/{name}.parquet")).load()
    return records, examples, transform(records, preprocessor, spec, schema)


def check_equal_to_one_machine(project: Path, case: Fabricated, key: str) -> None:
    keys = []
    for split in SPLITS:
        records, examples, expected = load_split(project, split)
        check_examples(examples)
        for name in ("x", "y", "row", "tokens"):
            value, expected_value = getattr(examples, name), getattr(expected, name)
            assert (value is None) == (expected_value is None)
            if expected_value is not None:
                assert value.dtype == expected_value.dtype
                np.testing.assert_array_equal(value, expected_value)
        assert records[ROW].dtype == np.int64
        keys.append(records[key])
    all_keys = pd.concat(keys)
    expected_keys = case.raw.dropna(subset=case.parameters["target"])[key].fillna("" if case.kind == "text" else np.nan)
    assert sorted(all_keys) == sorted(expected_keys)


@pytest.mark.parametrize(
    ("name", "suffix", "key"),
    [
        ("tabular_classification", "csv", "height"),
        ("tabular_regression", "parquet", "height"),
        ("text_classification", "parquet", "message"),
    ],
)
def test_files_equal_those_of_one_machine(project: Path, name: str, suffix: str, key: str) -> None:
    case = BY_NAME[name]
    case.write(project)
    path = write_folder(case.raw, project / "data" / "table", suffix)
    prepare(project, distributed__data=path)
    check_equal_to_one_machine(project, case, key)
    if name == "tabular_classification":
        # Families train on the folder as they would on one file.
        run(project, pipelines=["mlp"], mlp__epochs=1, **QUIET)
        assert (project / "data/06_models/test/mlp/training.json").exists()


def test_preprocessor_and_specification_are_fitted_on_train(project: Path) -> None:
    case = BY_NAME["tabular_regression"]
    case.write(project)
    run(project, pipelines=["ingestion", "preprocessing"], **QUIET)  # files that folders replace
    prepare(project)  # the records that ingestion wrote
    records, examples, _ = load_split(project, "train")
    spec = InputSpec.model_validate_json((project / "data/04_feature/test/input_spec.json").read_text(encoding="utf-8"))
    assert spec.target_mean == pytest.approx(records["outcome"].mean(), rel=1e-9)
    assert spec.target_scale == pytest.approx(records["outcome"].std(ddof=0), rel=1e-9)
    assert examples.y.mean() == pytest.approx(0, abs=1e-6)
    numbers = records.select_dtypes("number")["height"]
    height = examples.x[:, spec.features.index("height")]
    np.testing.assert_allclose(height, (numbers - numbers.mean()) / numbers.std(ddof=0), atol=1e-4)
    prepare(project, distributed__sample_rows=50)
    same_records, other_examples, _ = load_split(project, "train")
    pd.testing.assert_frame_equal(same_records, records)  # the sample changes the preprocessor, not the split
    assert not np.array_equal(other_examples.x, examples.x)


def read_files(project: Path) -> dict[str, bytes]:
    files = [file for path in PREPARED for file in [project / "data" / path, *(project / "data" / path).rglob("*")]]
    return {str(file): file.read_bytes() for file in files if file.is_file()}


def invalid_table(case: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    table = BY_NAME["tabular_classification"].raw.copy()
    if case == "too few":
        return table.head(9), {}
    if case == "no target":
        return table.rename(columns={"outcome": "result"}), {}
    if case == "rare class":
        table.loc[:1, "outcome"] = "perhaps"
    if case == "infinite":
        table.loc[3, "weight"] = np.inf
    if case == "reserved":
        table[ROW] = table["height"] * 2
    if case == "unseen":
        table["when"] = np.arange(len(table))
        table.loc[len(table) - 5 :, "outcome"] = "late"
        return table, {"problem__split": {"time": "when"}}
    return table, {"problem__metric": "rmse"} if case == "metric" else {}


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("too few", "at least 15 rows, found 9"),
        ("no target", "problem.target: .*'outcome'"),
        ("rare class", "found 2 of class 'perhaps'"),
        ("infinite", "Column 'weight': expected finite numbers, found 1 infinite"),
        ("reserved", ROW),
        ("metric", "problem.metric: .*classification"),
        ("unseen", r"Target 'outcome': .*train.*\['late'\]"),
    ],
)
def test_invalid_table_is_an_error_and_changes_no_file(project: Path, case: str, message: str) -> None:
    BY_NAME["tabular_classification"].write(project)
    for path in PREPARED:  # files of an earlier run
        file = project / "data" / path / ("" if path.endswith(".json") else "file")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"before")
    before = read_files(project)
    assert len(before) == len(PREPARED)
    raw, parameters = invalid_table(case)
    raw.to_parquet(project / "data" / "invalid.parquet")
    with pytest.raises(DataError, match=message):
        prepare(project, distributed__data=str(project / "data" / "invalid.parquet"), **parameters)
    after = {name: content for name, content in read_files(project).items() if "typed_records" not in name}
    assert after == before


@pytest.mark.parametrize("kind", ["image", "series"])
def test_unsupported_kind_is_an_error(project: Path, kind: str) -> None:
    case = BY_NAME["tabular_classification"]
    case.write(project)
    conf = project / "conf" / "test" / "parameters_problem.yml"
    options = {"options": {"horizon": 1}, "split": {"time": "since"}} if kind == "series" else {}
    conf.write_text(yaml.safe_dump({"problem": {"kind": kind, "target": "outcome", **options}}), encoding="utf-8")
    case.raw.to_parquet(project / "table.parquet")
    with pytest.raises(
        DataError, match=f"problem.kind: expected tabular or text .*'{kind}'; .*--pipelines=preprocessing"
    ):
        prepare(project, distributed__data=str(project / "table.parquet"))


def test_pipeline_is_created_without_heavy_imports() -> None:
    code = """
import sys
from sakon.pipelines.distributed_preprocessing import create_pipeline
create_pipeline()
print([name for name in ("pyspark", "pandas", "pyarrow", "sklearn") if name in sys.modules])
"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "[]"
