"""Predictions of workers equal those of one process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from fabricate import BY_NAME, Fabricated

from sakon.errors import DataError
from sakon.models.bundle import ModelBundle
from sakon.models.packed import pack_bundle
from sakon.pipelines.ingestion.nodes import make_records
from sakon.pipelines.mlp.config import Config
from sakon.pipelines.mlp.model import build
from sakon.pipelines.preprocessing.nodes import fit_preprocessor, split
from sakon.problem import Schema
from sakon.spark import batch_prediction
from sakon.spark.batch_prediction import (
    PredictionJob,
    load_packed_bundle,
    predict_batches,
    predict_partition,
    to_actual,
)
from sakon.spark.partitions import ParquetFiles
from sakon.spark.scoring_columns import ScoringColumns, TargetColumn
from sakon.spark.worker_process import ProcessCache

CASES = ["tabular_classification", "tabular_regression", "text_classification"]


def untrained_bundle(case: Fabricated) -> ModelBundle:
    """Return a model bundle with initial weights: these tests compare predictions, whatever they are."""
    records, schema, _ = make_records(case.raw, case.problem)
    train_records, *_ = split(records, schema, case.problem)
    preprocessor, input_spec = fit_preprocessor(train_records, schema, case.problem)
    return ModelBundle(schema, input_spec, preprocessor, build(input_spec, Config(units=(8,)), case.problem))


def write_files(table: pd.DataFrame, folder: Path, *rows: int, row_group_size: int | None = None) -> ParquetFiles:
    """Write a table as files with these numbers of rows."""
    paths, first = [], 0
    for number, count in enumerate(rows):
        paths.append(str(folder / f"{number}.parquet"))
        table.iloc[first : first + count].to_parquet(paths[-1], index=False, row_group_size=row_group_size)
        first += count
    return ParquetFiles(tuple(paths), rows)


def scoring_columns(schema: Schema, **changes: Any) -> ScoringColumns:
    columns = ScoringColumns((), {}, {name: name for name in schema.features}, None)
    return replace(columns, **changes)


def to_pandas(tables: Iterator[pa.Table]) -> pd.DataFrame:
    return pa.concat_tables(tables).to_pandas()


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("partitions", [1, 5])
def test_predictions_of_files_equal_those_of_the_table(
    name: str, partitions: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_prediction, "BATCH_ROWS", 33)
    case = BY_NAME[name]
    bundle = untrained_bundle(case)
    expected = bundle.predict(case.raw)
    table = case.raw.assign(scan=range(len(case.raw)))
    files = write_files(table, tmp_path, 70, 0, len(case.raw) - 70, row_group_size=30)
    columns = scoring_columns(bundle.schema, row_keys=("file", "row"), passthrough={"scan": "scan"})
    predictions = to_pandas(
        batch for partition in files.partition(partitions) for batch in predict_batches(partition, columns, bundle)
    )
    assert predictions["scan"].tolist() == list(range(len(case.raw)))
    assert predictions["row"].tolist() == [*range(70), *range(len(case.raw) - 70)]
    assert predictions["file"].tolist() == ["0.parquet"] * 70 + ["2.parquet"] * (len(case.raw) - 70)
    assert list(predictions.columns) == ["file", "row", "scan", *expected.columns]
    for column in expected:
        if column == "prediction" and bundle.schema.task == "classification":
            assert predictions[column].tolist() == expected[column].tolist()
        else:
            np.testing.assert_allclose(predictions[column], expected[column], rtol=1e-6, atol=1e-7)


def test_bundle_is_packed_without_pickle_and_loaded_once_per_process(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = pack_bundle(untrained_bundle(BY_NAME["tabular_classification"]))
    load, loaded = ModelBundle.load, []

    def count_loads(folder: Path) -> ModelBundle:
        loaded.append(sorted(path.name for path in folder.iterdir()))
        return load(folder)

    monkeypatch.setattr(batch_prediction, "_bundles", ProcessCache())
    monkeypatch.setattr(ModelBundle, "load", count_loads)
    first, second = (load_packed_bundle(packed, 1) for _ in range(2))
    assert first is second
    assert loaded == [["input_spec.json", "model.keras", "preprocessor.skops", "schema.json"]]
    other = load_packed_bundle(replace(packed, digest="another"), 1)
    assert other is not first
    assert len(loaded) == 2


def test_digest_depends_on_the_content_of_a_bundle_alone(tmp_path: Path) -> None:
    bundle, other = (untrained_bundle(BY_NAME["tabular_classification"]) for _ in range(2))
    for name, content in pack_bundle(bundle).files.items():
        (tmp_path / name).write_bytes(content)
    loaded = ModelBundle.load(tmp_path)
    assert pack_bundle(loaded).digest == pack_bundle(ModelBundle.load(tmp_path)).digest
    weight = other.model.weights[0]
    weight.assign(weight + 1e-3)
    assert pack_bundle(other).digest != pack_bundle(bundle).digest


def test_damaged_file_is_an_error_and_nothing_is_written(tmp_path: Path) -> None:
    case = BY_NAME["tabular_classification"]
    bundle = untrained_bundle(case)
    files = write_files(case.raw, tmp_path, len(case.raw))
    content = bytearray((tmp_path / "0.parquet").read_bytes())
    content[20:200] = b"x" * 180
    (tmp_path / "0.parquet").write_bytes(content)
    folder = tmp_path / "predictions"
    folder.mkdir()
    job = PredictionJob(scoring_columns(bundle.schema), pack_bundle(bundle), 1, str(folder))
    with pytest.raises(DataError, match=r"0\.parquet: expected a complete Parquet file"):
        predict_partition(files.partition(1)[0], job)
    assert not list(folder.glob("*.parquet"))


@pytest.mark.parametrize(
    ("values", "target", "expected"),
    [
        (["yes", None, "no", ""], TargetColumn("outcome", {"yes": "yes", "no": "no"}), ["yes", None, "no", None]),
        (["yes", "perhaps", " odd"], TargetColumn("outcome", {"yes": "yes"}, as_text=True), ["yes", "perhaps", "odd"]),
        (pd.Categorical(["yes", None]), TargetColumn("outcome", {"yes": "yes"}), ["yes", None]),
    ],
    ids=["texts", "unknown classes", "dictionary"],
)
def test_labels_of_the_target(values: Any, target: TargetColumn, expected: list[Any]) -> None:
    bundle = untrained_bundle(BY_NAME["tabular_classification"])
    assert to_actual(pa.array(values), target, bundle).to_pylist() == expected


def test_integer_labels_stay_integers_unless_one_is_unknown() -> None:
    bundle = untrained_bundle(BY_NAME["tabular_classification"])
    integers = replace(bundle, input_spec=bundle.input_spec.model_copy(update={"classes": (1, 2)}))
    column, labels = pa.array([1.0, 2.0, None, float("nan")]), {1.0: 1, 2.0: 2}
    assert to_actual(column, TargetColumn("outcome", labels), integers).to_pylist() == [1, 2, None, None]
    as_text = TargetColumn("outcome", labels, as_text=True)
    assert to_actual(column, as_text, integers).to_pylist() == ["1", "2", None, None]


def test_numeric_target_is_parsed() -> None:
    bundle = untrained_bundle(BY_NAME["tabular_regression"])
    column = to_actual(pa.array(["1.5", None, " 2 "]), TargetColumn("outcome"), bundle)
    assert column.to_pylist() == [1.5, None, 2.0]
