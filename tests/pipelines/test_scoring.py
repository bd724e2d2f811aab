"""What the champion answers, how well, and who may not answer at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sakon import kinds
from sakon.errors import DataError
from sakon.pipelines.scoring.nodes import answer, measure_drift, score
from sakon.pipelines.scoring.scoring_config import ScoringConfig
from sakon.problem import EvaluationConfig, InputSpec, Problem, Schema

EVALUATION = EvaluationConfig(resamples=100, level=0.9)


@dataclass
class Rule:
    """Stands for a predictor: answers by a rule."""

    schema: Schema
    input_spec: InputSpec
    rule: Callable[[Any], pd.DataFrame]

    def predict(self, request: Any) -> pd.DataFrame:
        return self.rule(request)

    def outputs(self, records: pd.DataFrame) -> np.ndarray:
        values = self.rule(records)["prediction"].to_numpy()[:, None]
        return (values - self.input_spec.target_mean) / self.input_spec.target_scale


@dataclass
class Champion:
    bundle: Rule
    version: str = "7"
    family: str = "mlp"


def classify(table: pd.DataFrame) -> pd.DataFrame:
    sure = np.where(table["x"] > 0, 0.9, 0.2)
    return pd.DataFrame(
        {"prediction": np.where(sure > 0.5, "yes", "no"), "probability_no": 1 - sure, "probability_yes": sure}
    )


def halve(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"prediction": table["x"].to_numpy() / 2})


class Case:
    """A problem on a table, and its champion."""

    def __init__(self, task: str) -> None:
        rng = np.random.default_rng(0)
        x = rng.normal(size=200)
        y = np.where(x > 0, "yes", "no") if task == "classification" else x / 2 + rng.normal(scale=0.1, size=200)
        raw = pd.DataFrame({"x": x, "y": y})
        self.problem = Problem(kind="tabular", target="y")
        self.records, self.schema = kinds.get("tabular").make_records(raw, self.problem)
        self.spec = InputSpec(kind="tabular", task=task, shape=(1,), classes=self.schema.classes, fingerprint="f")
        self.champion = Champion(Rule(self.schema, self.spec, classify if self.schema.classes else halve))

    def answer(
        self, raw: Any, validation: int = 100
    ) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, dict[str, Any]]:
        train, held_out = self.records[:100], self.records[100 : 100 + validation].reset_index(drop=True)
        return answer(raw, self.champion, self.schema, self.spec, train, held_out, self.problem, EVALUATION)

    def scores(self, raw: Any, validation: int = 100) -> dict[str, Any]:
        _, predictions, _, facts = self.answer(raw, validation)
        return score(predictions, facts, self.spec, self.problem, EVALUATION)


@pytest.fixture
def classes() -> Case:
    return Case("classification")


@pytest.fixture
def numbers() -> Case:
    return Case("regression")


def test_unlabelled_records_keep_their_row_and_what_came_along(classes: Case) -> None:
    raw = pd.DataFrame({"customer": ["C1", "C2"], " x ": [1.0, -1.0], "row": [5, 6], "mixed": [1, "b"]})
    records, predictions, again, facts = classes.answer(raw)
    assert list(records) == ["x"]
    assert list(predictions) == [
        "row", "customer", "raw_row", "mixed", "actual", "prediction", "probability_no", "probability_yes",
    ]  # fmt: skip
    assert predictions["row"].tolist() == [0, 1]
    assert predictions["customer"].tolist() == ["C1", "C2"]
    assert predictions["mixed"].tolist() == ["1", "b"]
    assert predictions["prediction"].tolist() == ["yes", "no"]
    assert predictions["actual"].isna().all()
    assert again is predictions
    assert (facts["champion_version"], facts["rows"], facts["note"]) == ("7", 2, "")
    scores = classes.scores(raw)
    assert (scores["rows_scored"], "new_accuracy" in scores) == (0, False)


def test_an_index_that_means_something_is_kept(classes: Case) -> None:
    raw = pd.DataFrame({"x": [1.0, -1.0], "y": ["yes", None]}, index=pd.Index(["C1", "C2"], name="customer"))
    predictions = classes.answer(raw)[1]
    assert predictions["customer"].tolist() == ["C1", "C2"]
    assert predictions["actual"].tolist()[0] == "yes"


def test_only_rows_with_a_known_class_are_scored(classes: Case) -> None:
    raw = pd.DataFrame({"x": [1.0, 1.0, -1.0, -1.0, 1.0], "y": ["yes", "no", None, "no", "perhaps"]})
    predictions = classes.answer(raw)[1]
    assert predictions["actual"].fillna("").tolist() == ["yes", "no", "", "no", "perhaps"]
    scores = classes.scores(raw)
    assert (scores["rows_scored"], scores["rows_of_unknown_classes"]) == (3, 1)
    assert scores["new_accuracy"] == pytest.approx(2 / 3)
    assert scores["new_accuracy_low"] <= scores["new_accuracy"] <= scores["new_accuracy_high"]


def test_numbers_come_with_intervals_that_cover_as_promised(numbers: Case) -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=2000)
    raw = pd.DataFrame({"x": x, "y": x / 2 + rng.normal(scale=0.1, size=2000)})
    predictions = numbers.answer(raw)[1]
    width = (predictions["high"] - predictions["low"]) / 2
    assert width.to_numpy() == pytest.approx(0.1 * 1.645, rel=0.25)
    scores = numbers.scores(raw)
    assert scores["interval_coverage"] == pytest.approx(0.9, abs=0.05)
    assert scores["new_rmse"] == pytest.approx(0.1, rel=0.1)
    assert scores["interval_half_width"] == pytest.approx(width[0])


def test_too_few_validation_records_promise_nothing(numbers: Case) -> None:
    raw = pd.DataFrame({"x": [1.0]})
    assert np.isinf(numbers.answer(raw, validation=5)[1]["high"]).all()
    scores = numbers.scores(raw, validation=5)
    assert "5 validation records are too few" in scores["note"]
    assert "interval_half_width" not in scores


def test_new_records_that_train_held_are_told(classes: Case) -> None:
    raw = pd.DataFrame({"x": [*classes.records["x"][:3], 99.0]})
    facts = classes.answer(raw)[3]
    assert facts["rows_in_train"] == 3
    assert "3 new records are copies of train records" in facts["note"]


def test_a_champion_of_other_train_records_is_told(classes: Case) -> None:
    classes.champion.bundle.input_spec = classes.spec.model_copy(update={"fingerprint": "other"})
    assert "learnt from other train records" in classes.answer(pd.DataFrame({"x": [1.0]}))[3]["note"]


FAULTS: dict[str, tuple[Any, str]] = {
    "column missing": (pd.DataFrame({"z": [1.0], "y": ["yes"]}), r"expected the columns \['x'\], found none .*\['x'\]"),
    "no rows": (pd.DataFrame({"x": []}), "expected at least one, found none"),
    "column doubled": (pd.DataFrame([[1.0, 2.0]], columns=["x", "x "]), "every column once, found 'x' twice"),
    "no table": ({"x": np.ones(3)}, "expected a table for kind 'tabular', found dict"),
    "strange classes": (pd.DataFrame({"x": [1.0], "y": ["perhaps"]}), "none of them but 'perhaps'"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_records_that_cannot_be_answered(classes: Case, name: str) -> None:
    raw, sentence = FAULTS[name]
    with pytest.raises(DataError, match=sentence):
        classes.answer(raw)


def test_a_target_that_is_no_number(numbers: Case) -> None:
    with pytest.raises(DataError, match="expected numbers for a regression, found 'much' in row 1"):
        numbers.answer(pd.DataFrame({"x": [1.0, 2.0], "y": [1.0, "much"]}))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"features": {"x": "category"}}, r"found other columns \['x'\]"),
        ({"features": {"x": "number", "z": "number"}}, r"found other columns \['z'\]"),
        ({"classes": ("no", "yes", "perhaps")}, "found other classes"),
        ({"target": "z", "classes": ()}, "found other target, classes"),
    ],
)
def test_a_champion_of_another_schema_does_not_answer(classes: Case, change: dict[str, Any], sentence: str) -> None:
    classes.champion.bundle.schema = classes.schema.model_copy(update=change)
    with pytest.raises(DataError, match=rf"Champion v7 \(mlp\): .*{sentence}; train and compare"):
        classes.answer(pd.DataFrame({"x": [1.0]}))


def parse_images(**arrays: Any) -> kinds.NewData:
    return kinds.get("image").parse_new_data(arrays, Problem(kind="image", target="target"))


def test_arrays_of_one_value_per_image_come_along() -> None:
    pixels = np.zeros((3, 4, 4))
    new = parse_images(images=pixels, target=np.ones((3, 1)), name=np.array(["a", "b", "c"]), names=np.ones(2))
    assert new.request is pixels
    assert list(new.columns) == ["target", "name"]
    assert len(parse_images(images=pixels).columns) == 3


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"pixels": np.zeros((3, 4, 4))}, r"expected an array 'images' of images, found \['pixels'\]"),
        ({"images": np.zeros((3, 4))}, "expected images, .*found shape"),
        ({"images": np.zeros((3, 4, 4)), "target": np.zeros(2)}, "one target per image, found 3 images and targets"),
    ],
)
def test_arrays_that_are_no_images(arrays: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        parse_images(**arrays)


@pytest.mark.parametrize(
    ("pixels", "sentence"),
    [
        (np.zeros((3, 5, 5)), r"expected an array of shape \(rows, 4, 4\), found \(3, 5, 5\)"),
        (np.full((3, 4, 4), np.nan), "NaN or infinity in 3 images"),
        (np.full((3, 4, 4), "x"), "expected numbers, found <U1"),
    ],
)
def test_images_that_cannot_be_answered(pixels: np.ndarray, sentence: str) -> None:
    schema = Schema(kind="image", task="regression", target="y", features={"image": "image"}, shape=(4, 4, 1))
    with pytest.raises(DataError, match=sentence):
        kinds.get("image").from_request(pixels, schema)


def test_darker_images_have_drifted() -> None:
    rng = np.random.default_rng(0)
    schema = Schema(kind="image", task="regression", target="y", features={"image": "image"}, shape=(4, 4, 1))
    train, new, darker = (
        pd.DataFrame({"image": list(rng.integers(0, brightest, (rows, 16)).astype(np.uint8))})
        for rows, brightest in ((400, 255), (200, 255), (200, 100))
    )
    scoring = ScoringConfig()
    assert set(measure_drift(train, new, schema, scoring, EVALUATION)["drift"]) == {"none"}
    found = measure_drift(train, darker, schema, scoring, EVALUATION).set_index("feature")["drift"]
    assert list(found[["brightness", "contrast"]]) == ["strong", "strong"]
