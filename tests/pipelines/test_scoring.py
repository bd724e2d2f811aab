"""Predictions of the champion for new records, their scores and notes, and the champions that are rejected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sakon import kinds
from sakon.errors import DataError
from sakon.pipelines.scoring.config import ScoringConfig
from sakon.pipelines.scoring.nodes import measure_drift, predict, score
from sakon.problem import EvaluationConfig, InputSpec, PredictionSummary, Problem, Schema, ScoringResult

EVALUATION = EvaluationConfig(resamples=100, level=0.9)


@dataclass
class RuleBundle:
    """Model bundle that predicts by a rule."""

    schema: Schema
    input_spec: InputSpec
    rule: Callable[[Any], pd.DataFrame]

    def predict(self, request: Any) -> pd.DataFrame:
        return self.rule(request)

    def outputs(self, records: pd.DataFrame) -> np.ndarray:
        values = self.rule(records)["prediction"].to_numpy()[:, None]
        return (values - self.input_spec.target_mean) / self.input_spec.target_scale


@dataclass
class RuleChampion:
    """Champion whose model is a rule."""

    bundle: RuleBundle
    version: str = "7"
    family: str = "mlp"


def classify(table: pd.DataFrame) -> pd.DataFrame:
    probability = np.where(table["x"] > 0, 0.9, 0.2)
    labels = np.where(probability > 0.5, "yes", "no")
    return pd.DataFrame({"prediction": labels, "probability_no": 1 - probability, "probability_yes": probability})


def halve(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"prediction": table["x"].to_numpy() / 2})


class Case:
    """A tabular problem and its champion."""

    def __init__(self, task: str) -> None:
        rng = np.random.default_rng(0)
        x = rng.normal(size=200)
        y = np.where(x > 0, "yes", "no") if task == "classification" else x / 2 + rng.normal(scale=0.1, size=200)
        raw = pd.DataFrame({"x": x, "y": y})
        self.problem = Problem(kind="tabular", target="y")
        self.records, self.schema = kinds.get("tabular").make_records(raw, self.problem)
        self.spec = InputSpec(kind="tabular", task=task, shape=(1,), classes=self.schema.classes, fingerprint="f")
        self.champion = RuleChampion(RuleBundle(self.schema, self.spec, classify if self.schema.classes else halve))

    def predict(
        self, raw: Any, validation_rows: int = 100
    ) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, PredictionSummary]:
        train, validation = self.records[:100], self.records[100 : 100 + validation_rows].reset_index(drop=True)
        return predict(
            raw, self.champion, self.schema, self.spec, train, validation, self.problem, EVALUATION, ScoringConfig()
        )

    def score(self, raw: Any, validation_rows: int = 100) -> ScoringResult:
        _, predictions, _, summary = self.predict(raw, validation_rows)
        return score(predictions, summary, self.spec, self.problem, EVALUATION)


@pytest.fixture
def classification() -> Case:
    return Case("classification")


@pytest.fixture
def regression() -> Case:
    return Case("regression")


def test_predictions_keep_row_numbers_and_additional_columns(classification: Case) -> None:
    raw = pd.DataFrame({"customer": ["C1", "C2"], " x ": [1.0, -1.0], "row": [5, 6], "mixed": [1, "b"]})
    records, predictions, same_predictions, summary = classification.predict(raw)
    assert list(records) == ["x"]
    assert list(predictions) == [
        "row", "customer", "raw_row", "mixed", "actual", "prediction", "probability_no", "probability_yes",
    ]  # fmt: skip
    assert predictions["row"].tolist() == [0, 1]
    assert predictions["customer"].tolist() == ["C1", "C2"]
    assert predictions["mixed"].tolist() == ["1", "b"]
    assert predictions["prediction"].tolist() == ["yes", "no"]
    assert predictions["actual"].isna().all()
    assert same_predictions is predictions
    assert summary == PredictionSummary(champion_version="7", champion_family="mlp", rows=2, rows_in_train=0)
    result = classification.score(raw)
    assert (result.rows_scored, result.new) == (0, {})


def test_named_index_becomes_a_column(classification: Case) -> None:
    raw = pd.DataFrame({"x": [1.0, -1.0], "y": ["yes", None]}, index=pd.Index(["C1", "C2"], name="customer"))
    predictions = classification.predict(raw)[1]
    assert predictions["customer"].tolist() == ["C1", "C2"]
    assert predictions["actual"].tolist()[0] == "yes"


def test_only_rows_of_known_classes_are_scored(classification: Case) -> None:
    raw = pd.DataFrame({"x": [1.0, 1.0, -1.0, -1.0, 1.0], "y": ["yes", "no", None, "no", "perhaps"]})
    predictions = classification.predict(raw)[1]
    assert predictions["actual"].fillna("").tolist() == ["yes", "no", "", "no", "perhaps"]
    result = classification.score(raw)
    assert (result.rows_scored, result.rows_of_unknown_classes) == (3, 1)
    accuracy = result.new["accuracy"]
    assert accuracy.value == pytest.approx(2 / 3)
    assert accuracy.low <= accuracy.value <= accuracy.high


def test_prediction_intervals_of_a_regression_have_their_coverage(regression: Case) -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=2000)
    raw = pd.DataFrame({"x": x, "y": x / 2 + rng.normal(scale=0.1, size=2000)})
    predictions = regression.predict(raw)[1]
    half_width = (predictions["high"] - predictions["low"]) / 2
    assert half_width.to_numpy() == pytest.approx(0.1 * 1.645, rel=0.25)
    result = regression.score(raw)
    assert result.interval_coverage == pytest.approx(0.9, abs=0.05)
    assert result.new["rmse"].value == pytest.approx(0.1, rel=0.1)
    assert result.interval_half_width == pytest.approx(half_width[0])


def test_too_few_validation_records_give_unbounded_intervals(regression: Case) -> None:
    raw = pd.DataFrame({"x": [1.0]})
    assert np.isinf(regression.predict(raw, validation_rows=5)[1]["high"]).all()
    result = regression.score(raw, validation_rows=5)
    assert "5 validation records" in result.note
    assert (result.interval_half_width, result.calibration_rows) == (None, 5)


def test_new_records_that_equal_train_records_are_counted(classification: Case) -> None:
    raw = pd.DataFrame({"x": [*classification.records["x"][:3], 99.0]})
    summary = classification.predict(raw)[3]
    assert summary.rows_in_train == 3
    assert "3 new records" in summary.note


def test_champion_of_other_train_records_is_noted(classification: Case) -> None:
    classification.champion.bundle.input_spec = classification.spec.model_copy(update={"fingerprint": "other"})
    assert "other train records" in classification.predict(pd.DataFrame({"x": [1.0]}))[3].note


def test_metrics_and_tags_are_recorded_by_name(regression: Case) -> None:
    raw = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": [0.5, 1.0, None]})
    result = regression.score(raw)
    metrics = result.metrics()
    assert {"rows": 3, "rows_scored": 2, "rows_of_unknown_classes": 0, "rows_in_train": 0, "level": 0.9}.items() <= (
        metrics.items()
    )
    assert metrics["new_rmse"] == result.new["rmse"].value
    assert metrics["new_rmse_high"] == result.new["rmse"].high
    assert metrics["interval_half_width"] == result.interval_half_width
    assert result.tags() == {"champion_version": "7", "champion_family": "mlp", "metric": "rmse"}


ERRORS: dict[str, tuple[Any, str]] = {
    "column missing": (pd.DataFrame({"z": [1.0], "y": ["yes"]}), r"expected the columns \['x'\], found none .*\['x'\]"),
    "no rows": (pd.DataFrame({"x": []}), "expected at least one, found none"),
    "column twice": (pd.DataFrame([[1.0, 2.0]], columns=["x", "x "]), "every column once, found 'x' twice"),
    "not a table": ({"x": np.ones(3)}, "expected a table for kind 'tabular', found dict"),
    "unknown classes": (pd.DataFrame({"x": [1.0], "y": ["perhaps"]}), "'perhaps'"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_invalid_records_are_rejected(classification: Case, name: str) -> None:
    raw, message = ERRORS[name]
    with pytest.raises(DataError, match=message):
        classification.predict(raw)


def test_target_that_is_not_a_number_is_rejected(regression: Case) -> None:
    with pytest.raises(DataError, match="expected numbers for a regression, found 'much' in row 1"):
        regression.predict(pd.DataFrame({"x": [1.0, 2.0], "y": [1.0, "much"]}))


@pytest.mark.parametrize(
    ("change", "differing"),
    [
        ({"features": {"x": "category"}}, r"columns \['x'\]"),
        ({"features": {"x": "number", "z": "number"}}, r"columns \['z'\]"),
        ({"classes": ("no", "yes", "perhaps")}, "classes"),
        ({"target": "z", "classes": ()}, "target, classes"),
    ],
)
def test_champion_of_another_schema_is_rejected(classification: Case, change: dict[str, Any], differing: str) -> None:
    classification.champion.bundle.schema = classification.schema.model_copy(update=change)
    with pytest.raises(DataError, match=rf"Champion v7 \(mlp\): .*found different {differing}; .*`kedro run`"):
        classification.predict(pd.DataFrame({"x": [1.0]}))


def parse_images(**arrays: Any) -> kinds.NewData:
    return kinds.get("image").parse_new_data(arrays, Problem(kind="image", target="target"))


def test_arrays_with_one_value_per_image_become_columns() -> None:
    pixels = np.zeros((3, 4, 4))
    new = parse_images(images=pixels, target=np.ones((3, 1)), name=np.array(["a", "b", "c"]), names=np.ones(2))
    assert new.request is pixels
    assert list(new.columns) == ["target", "name"]
    assert len(parse_images(images=pixels).columns) == 3


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"pixels": np.zeros((3, 4, 4))}, r"expected an array 'images' of images, found \['pixels'\]"),
        ({"images": np.zeros((3, 4))}, "expected images, .*found shape"),
        ({"images": np.zeros((3, 4, 4)), "target": np.zeros(2)}, "one target per image, found 3 images and targets"),
    ],
)
def test_arrays_without_images_are_rejected(arrays: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse_images(**arrays)


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.zeros((3, 5, 5)), r"expected an array of shape \(rows, 4, 4\), found \(3, 5, 5\)"),
        (np.full((3, 4, 4), np.nan), "NaN or infinity in 3 images"),
        (np.full((3, 4, 4), "x"), "expected numbers, found <U1"),
    ],
)
def test_invalid_images_are_rejected(pixels: np.ndarray, message: str) -> None:
    schema = Schema(kind="image", task="regression", target="y", features={"image": "image"}, shape=(4, 4, 1))
    with pytest.raises(DataError, match=message):
        kinds.get("image").from_request(pixels, schema)


def test_darker_images_drift() -> None:
    rng = np.random.default_rng(0)
    schema = Schema(kind="image", task="regression", target="y", features={"image": "image"}, shape=(4, 4, 1))
    train, new, darker = (
        pd.DataFrame({"image": list(rng.integers(0, brightest, (rows, 16)).astype(np.uint8))})
        for rows, brightest in ((400, 255), (200, 255), (200, 100))
    )
    scoring = ScoringConfig()
    assert set(measure_drift(train, new, schema, scoring, EVALUATION)["drift"]) == {"none"}
    strengths = measure_drift(train, darker, schema, scoring, EVALUATION).set_index("feature")["drift"]
    assert list(strengths[["brightness", "contrast"]]) == ["strong", "strong"]


def test_unreadable_numbers_are_counted_and_too_many_are_refused(classification: Case) -> None:
    values = pd.Series([1.0] * 39 + ["1,5"], dtype=object)
    *_, summary = classification.predict(pd.DataFrame({"x": values}))
    assert summary.unreadable_values == {"x": 1}
    assert "1 of 40 values of x could not be read as numbers, such as '1,5', and count as missing" in summary.note
    assert summary.metrics()["unreadable_values"] == 1
    with pytest.raises(DataError, match="1 of 4 values of x could not be read as numbers, such as '1,5'"):
        classification.predict(pd.DataFrame({"x": values.tail(4)}))


def test_categories_that_train_lacks_are_counted_and_named() -> None:
    case = Case("classification")
    table = case.records.assign(code=["007", "012"] * 100)
    case.records, case.schema = kinds.get("tabular").make_records(table, case.problem)
    case.champion = RuleChampion(RuleBundle(case.schema, case.spec, classify))
    *_, summary = case.predict(pd.DataFrame({"x": [1.0, 2.0], "code": ["7", "012"]}))
    assert summary.unknown_categories == {"code": 1}
    assert summary.note == "1 of 2 values of code are categories that train lacks, such as '7'"


def test_formulas_are_escaped_in_the_csv_alone(classification: Case) -> None:
    texts = ["=1+1", "+49 30", "-5", "@SUM(A1)", "a=b", "\t=1", None]
    raw = pd.DataFrame({"x": [1.0] * 7, "id": texts, "=name": texts})
    _, predictions, as_csv, _ = classification.predict(raw)
    assert predictions["id"].fillna("").tolist() == ["" if text is None else text for text in texts]
    assert as_csv["id"].fillna("").tolist() == ["'=1+1", "'+49 30", "-5", "'@SUM(A1)", "a=b", "'\t=1", ""]
    assert as_csv["'=name"].tolist()[0] == "'=1+1"
    assert as_csv["probability_yes"].dtype == predictions["probability_yes"].dtype


def test_columns_of_the_user_never_replace_those_of_the_predictions(classification: Case) -> None:
    raw = pd.DataFrame({"x": [1.0], "prediction": ["mine"], "raw_prediction": ["too"], "actual": [3], "low": [4]})
    predictions = classification.predict(raw)[1]
    assert not predictions.columns.has_duplicates
    assert predictions["prediction"].tolist() == ["yes"]
    assert predictions["raw_prediction"].tolist() == ["too"]
    assert predictions["raw_raw_prediction"].tolist() == ["mine"]
    assert predictions["raw_actual"].tolist() == [3]
    assert predictions["low"].tolist() == [4]
