"""What workers do with batches, and what is summed on the cluster, against the same things done in one process."""

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

from sakon import metrics
from sakon.errors import DataError
from sakon.models.bundle import ModelBundle
from sakon.pipelines.ingestion.nodes import make_records
from sakon.pipelines.mlp.config import Config
from sakon.pipelines.mlp.model import build
from sakon.pipelines.preprocessing.nodes import fit_preprocessor, split
from sakon.problem import Schema
from sakon.spark import scoring, summing
from sakon.spark.answerable import layout
from sakon.spark.partitions import Files
from sakon.spark.record_files import RecordFiles
from sakon.spark.scoring import ACTUAL, Answering, Layout, Target, answered, pack

ANSWERED = ["tabular_classification", "tabular_regression", "text_classification"]


def bundle(case: Fabricated) -> ModelBundle:
    """A predictor whose network is as it begins: what it answers is no matter here."""
    records, schema, _ = make_records(case.raw, case.problem)
    train_records, *_ = split(records, schema, case.problem)
    preprocessor, input_spec = fit_preprocessor(train_records, schema, case.problem)
    return ModelBundle(schema, input_spec, preprocessor, build(input_spec, Config(units=(8,)), case.problem))


def files(table: pd.DataFrame, folder: Path, *rows: int, group: int | None = None) -> Files:
    """Write a table as files of so many rows."""
    paths, at = [], 0
    for number, count in enumerate(rows):
        paths.append(str(folder / f"{number}.parquet"))
        table.iloc[at : at + count].to_parquet(paths[-1], index=False, row_group_size=group)
        at += count
    return Files(tuple(paths), rows)


def layout_of(schema: Schema, **changed: Any) -> Layout:
    fields = {"numbers": (), "passing": {}, "features": {name: name for name in schema.features}, "target": None}
    return Layout(**(fields | changed))


def together(tables: Iterator[pa.Table]) -> pd.DataFrame:
    return pa.concat_tables(tables).to_pandas()


@pytest.mark.parametrize("name", ANSWERED)
@pytest.mark.parametrize("partitions", [1, 5])
def test_files_are_answered_as_the_whole_table_is(
    name: str, partitions: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "BATCH", 33)
    case = BY_NAME[name]
    given = bundle(case)
    expected = given.predict(case.raw)
    numbered = case.raw.assign(scan=range(len(case.raw)))
    lying = files(numbered, tmp_path, 70, 0, len(case.raw) - 70, group=30)
    asked = layout_of(given.schema, numbers=("file", "row"), passing={"scan": "scan"})
    found = together(table for each in lying.dealt(partitions) for table in answered(each, asked, given))
    assert found["scan"].tolist() == list(range(len(case.raw)))
    assert found["row"].tolist() == [*range(70), *range(len(case.raw) - 70)]
    assert found["file"].tolist() == ["0.parquet"] * 70 + ["2.parquet"] * (len(case.raw) - 70)
    assert list(found.columns) == ["file", "row", "scan", *expected.columns]
    for column in expected:
        if column == "prediction" and given.schema.task == "classification":
            assert found[column].tolist() == expected[column].tolist()
        else:
            np.testing.assert_allclose(found[column], expected[column], rtol=1e-6, atol=1e-7)


def test_the_champion_is_packed_without_pickle_and_loaded_once_per_process() -> None:
    given, loads = bundle(BY_NAME["tabular_classification"]), []

    def load(folder: Any) -> ModelBundle:
        loads.append(sorted(path.name for path in folder.iterdir()))
        return ModelBundle.load(folder)

    scoring._held.clear()
    for _ in range(2):
        scoring.bundle_of(replace(pack(given), load=load), 1)
    assert loads == [["input_spec.json", "model.keras", "preprocessor.skops", "schema.json"]]
    scoring.bundle_of(replace(pack(given), load=load, digest="of another champion"), 1)
    assert len(loads) == 2
    assert list(scoring._held) == ["of another champion"]


def test_a_champion_is_known_by_what_it_holds(tmp_path: Path) -> None:
    given, other = (bundle(BY_NAME["tabular_classification"]) for _ in range(2))
    for name, content in pack(given).files.items():
        (tmp_path / name).write_bytes(content)
    again = ModelBundle.load(tmp_path)
    assert pack(again).digest == pack(ModelBundle.load(tmp_path)).digest
    weight = other.model.weights[0]
    weight.assign(weight + 1e-3)
    assert pack(other).digest != pack(given).digest


def test_a_file_that_is_damaged_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    case = BY_NAME["tabular_classification"]
    given = bundle(case)
    lying = files(case.raw, tmp_path, len(case.raw))
    content = bytearray((tmp_path / "0.parquet").read_bytes())
    content[20:200] = b"x" * 180
    (tmp_path / "0.parquet").write_bytes(content)
    made = tmp_path / "made"
    made.mkdir()
    with pytest.raises(DataError, match=r"0\.parquet: expected a whole Parquet file, found that it cannot be read"):
        scoring.answer_partition(lying.dealt(1)[0], Answering(layout_of(given.schema), pack(given), 1, str(made)))
    assert not list(made.glob("*.parquet"))


@pytest.mark.parametrize(
    ("values", "target", "expected"),
    [
        (["yes", None, "no", ""], Target("outcome", {"yes": "yes", "no": "no"}), ["yes", None, "no", None]),
        (["yes", "perhaps", " odd"], Target("outcome", {"yes": "yes"}, as_text=True), ["yes", "perhaps", "odd"]),
        (pd.Categorical(["yes", None]), Target("outcome", {"yes": "yes"}), ["yes", None]),
    ],
    ids=["texts", "strange", "dictionary"],
)
def test_the_target_is_typed(values: Any, target: Target, expected: list[Any]) -> None:
    given = bundle(BY_NAME["tabular_classification"])
    assert scoring._actual(pa.array(values), target, given).to_pylist() == expected


def test_numbers_of_classes_stay_numbers_unless_one_is_strange() -> None:
    given = bundle(BY_NAME["tabular_classification"])
    whole = replace(given, input_spec=given.input_spec.model_copy(update={"classes": (1, 2)}))
    column, labels = pa.array([1.0, 2.0, None, float("nan")]), {1.0: 1, 2.0: 2}
    assert scoring._actual(column, Target("outcome", labels), whole).to_pylist() == [1, 2, None, None]
    as_text = Target("outcome", labels, as_text=True)
    assert scoring._actual(column, as_text, whole).to_pylist() == ["1", "2", None, None]


def test_numbers_to_be_compared_with_are_typed() -> None:
    given = bundle(BY_NAME["tabular_regression"])
    found = scoring._actual(pa.array(["1.5", None, " 2 "]), Target("outcome"), given)
    assert found.to_pylist() == [1.5, None, 2.0]


def on(spark: Any, table: pd.DataFrame) -> Any:
    return spark.createDataFrame(pa.Table.from_pandas(table, preserve_index=False))


def predictions(classes: tuple[Any, ...], rows: int = 500) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Predictions with ties among the probabilities, some rows without target and some of an unknown class."""
    rng = np.random.default_rng(5)
    outputs = rng.integers(1, 12, (rows, len(classes))).astype(float)
    outputs /= outputs.sum(axis=1, keepdims=True)
    actual = rng.integers(0, len(classes), rows)
    table = pd.DataFrame({f"probability_{label}": outputs[:, i] for i, label in enumerate(classes)})
    table["prediction"] = [classes[i] for i in outputs.argmax(axis=1)]
    table[ACTUAL] = [str(classes[i]) for i in actual]
    table.loc[:9, ACTUAL] = None
    table.loc[10:13, ACTUAL] = "another"
    return table, actual[14:], outputs[14:]


@pytest.mark.parametrize(
    ("classes", "with_area"), [(("no", "yes"), True), ((1, 2, 3), True), ((False, True), False)], ids=str
)
def test_classes_are_scored_as_in_one_process(spark: Any, classes: tuple[Any, ...], with_area: bool) -> None:
    table, actual, outputs = predictions(classes)
    found = summing.of_classes(on(spark, table).repartition(4), classes, 0, with_area)
    left_out = {"pr_auc"} if with_area else {"pr_auc", "roc_auc"}
    expected = metrics.compute_scores("classification", actual, outputs, 0)
    expected = {name: value for name, value in expected.items() if name not in left_out}
    scored = {name.removeprefix("new_"): value for name, value in found.items() if name.startswith("new_")}
    assert scored == pytest.approx(expected, abs=1e-12)
    counts = table["prediction"].astype(str).value_counts()
    assert found["rows_by_prediction"] == {str(label): int(counts[str(label)]) for label in classes}
    assert (found["rows"], found["rows_scored"], found["rows_of_unknown_classes"]) == (500, 486, 4)


def test_classes_without_a_target_are_counted(spark: Any) -> None:
    table = predictions(("no", "yes"))[0].drop(columns=ACTUAL)
    found = summing.of_classes(on(spark, table), ("no", "yes"), None, with_area=True)
    assert (found["rows"], found["rows_scored"], found["rows_of_unknown_classes"]) == (500, 0, 0)
    assert not [name for name in found if name.startswith("new_")]


def test_numbers_are_scored_as_in_one_process(spark: Any) -> None:
    rng = np.random.default_rng(6)
    actual = 1e6 + rng.normal(size=300)
    predicted = actual + rng.normal(0, 0.5, 300)
    table = pd.DataFrame({"prediction": predicted, ACTUAL: actual})
    table.loc[:19, ACTUAL] = np.nan
    frame = on(spark, table).repartition(4).selectExpr("prediction", "nanvl(actual, null) as actual")
    expected = metrics.compute_scores("regression", actual[20:], predicted[20:])
    found = summing.of_numbers(frame)
    assert (found["rows"], found["rows_scored"]) == (300, 280)
    assert {name: found[f"new_{name}"] for name in expected} == pytest.approx(expected, rel=1e-9)
    alike = summing.of_numbers(frame.selectExpr("prediction", "cast(7 as double) as actual"))
    assert "new_r2" not in alike
    assert not [name for name in summing.of_numbers(frame.drop(ACTUAL)) if name.startswith("new_")]


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        ("tabular_classification", "drop height", r"found none named \['height'\]"),
        ("tabular_classification", "empty", "expected at least one, found none"),
        ("tabular_classification", "strange", r"Target 'outcome': expected classes that the champion knows"),
        ("tabular_classification", "twice", "expected every column once, found 'height' twice"),
        ("tabular_regression", "strange", r"Target 'outcome': expected finite numbers .*, found 'odd' and 239 more"),
    ],
)
def test_a_table_that_does_not_fit_gets_one_sentence(spark: Any, name: str, change: str, sentence: str) -> None:
    case = BY_NAME[name]
    schema = make_records(case.raw, case.problem)[1]
    table = on(spark, case.raw.assign(outcome="odd") if change == "strange" else case.raw)
    table = {
        "drop height": lambda: table.drop("height"),
        "empty": lambda: table.limit(0),
        "twice": lambda: table.withColumn(" height", table["height"]),
    }.get(change, lambda: table)()
    records = RecordFiles(table, Files(("0.parquet",), (table.count(),)), numbered=True)
    with pytest.raises(DataError, match=sentence):
        layout(records, schema)
