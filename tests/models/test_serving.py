"""MLflow's server with a model of this project: what it answers to requests of every form, and to hostile ones."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from fabricate import BY_NAME
from fastapi.testclient import TestClient
from mlflow.pyfunc import scoring_server
from sklearn.linear_model import LinearRegression, LogisticRegression

import sakon
from sakon import kinds
from sakon.models.bundle import ModelBundle
from sakon.models.manifest import write_manifest
from sakon.pipelines.ingestion.nodes import make_records
from sakon.pipelines.preprocessing.nodes import fit_preprocessor, transform
from sakon.tracking.signature import build_signature

SERVING = Path(sakon.__file__).parent / "models" / "serving.py"


class Served:
    """A model in MLflow's server.

    Args:
        name: Name of a fabricated problem.
        folder: An empty folder.
    """

    def __init__(self, name: str, folder: Path) -> None:
        case = BY_NAME[name]
        records, schema, _ = make_records(case.raw, case.problem)
        kind = kinds.get(schema.kind)
        train, *_ = kind.split(records, schema, case.problem)
        preprocessor, input_spec = fit_preprocessor(train, schema, case.problem)
        examples = transform(train, preprocessor, input_spec, schema)
        estimator = LogisticRegression() if schema.task == "classification" else LinearRegression()
        model = estimator.fit(examples.x.reshape(len(examples), -1), examples.y)
        self.bundle = ModelBundle(schema, input_spec, preprocessor, model)
        self.example = kind.input_example(train, schema)
        self.raw = kind.to_request(train, schema)
        self.folder = folder / "model"
        names = self.bundle.save(folder / "bundle")
        mlflow.pyfunc.save_model(
            self.folder,
            python_model=str(SERVING),
            artifacts={name: str(folder / "bundle" / name) for name in names},
            pip_requirements=["mlflow"],
            signature=build_signature(self.example, train, schema, input_spec),
        )
        write_manifest(self.folder)
        self.model = mlflow.pyfunc.load_model(str(self.folder))
        self.client = TestClient(scoring_server.init(self.model), raise_server_exceptions=False)

    def post(self, body: object, content_type: str | None = "application/json") -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": content_type} if content_type else {}
        return self.client.post("/invocations", content=content, headers=headers)

    def predictions(self, body: object, content_type: str | None = "application/json") -> pd.DataFrame:
        answer = self.post(body, content_type)
        assert answer.status_code == 200, answer.text
        return pd.DataFrame(answer.json()["predictions"])

    def refusal(self, body: object, content_type: str | None = "application/json", status: int = 400) -> str:
        answer = self.post(body, content_type)
        assert answer.status_code == status, answer.text
        message: str = answer.json()["message"] if status != 415 else answer.text
        assert "stack_trace" not in answer.text
        assert "\n" not in message
        return message


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Served]:
    """A function that returns the served model of a fabricated problem."""
    models: dict[str, Served] = {}

    def get(name: str) -> Served:
        if name not in models:
            models[name] = Served(name, tmp_path_factory.mktemp(name))
        return models[name]

    return get


@pytest.fixture(scope="module")
def table(served: Callable[[str], Served]) -> Served:
    """The served model of a table."""
    return served("tabular_classification")


ROWS = [
    {"height": 170, "weight": 70, "colour": "red", "member": True, "rooms": 3, "since": "2020-01-05"},
    {"height": 181.5, "weight": None, "colour": None, "member": False, "rooms": 4.0, "since": None},
    {"height": 160.0, "weight": 51.5, "colour": "never seen", "member": None, "rooms": 2, "since": "2021-12-31"},
]
COLUMNS = list(ROWS[0])
VALUES = [list(row.values()) for row in ROWS]
CSV = pd.DataFrame(ROWS).to_csv(index=False).encode()


def record(**values: object) -> dict[str, Any]:
    """Return a request of one record with other values."""
    return {"dataframe_records": [ROWS[0] | values]}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ({"dataframe_records": ROWS}, "application/json"),
        ({"dataframe_records": ROWS}, None),
        ({"dataframe_split": {"columns": COLUMNS, "data": VALUES}}, "application/json; charset=utf-8"),
        ({"instances": ROWS}, "application/json"),
        ({"inputs": ROWS}, "application/json"),
        ({"inputs": {name: [row[name] for row in ROWS] for name in COLUMNS}}, "application/json"),
        (CSV, "text/csv"),
    ],
)
def test_a_table_is_read_in_every_form(table: Served, body: object, content_type: str | None) -> None:
    expected = table.bundle.predict(pd.DataFrame(ROWS))
    pd.testing.assert_frame_equal(table.predictions(body, content_type), expected)


REFUSED: dict[str, tuple[object, str]] = {
    "number": (record(height="tall"), "1 of 1 values of height could not be read as numbers, such as 'tall'"),
    "date": (record(since="x"), "values of since could not be read as dates"),
    "boolean": (record(member="maybe"), "values of member could not be read as booleans"),
    "too large": (record(height=1e300), "numbers that a model can read"),
    "object": (record(colour={"a": 1}), "found an object in column 'colour'"),
    "records without columns": ({"dataframe_records": [{"height": 1}]}, "found none named ['weight', "),
    "inputs without columns": ({"inputs": {"height": [1, 2]}}, "found none named ['weight', "),
    "no names": ({"instances": [[1, 2, 3]]}, "found none named ['height', "),
    "array": ({"instances": [[[1, 2], [3, 4]]]}, "expected a table, found"),
    "texts": ({"instances": ["a text"]}, "found none named ['height', "),
    "no records": ({"dataframe_records": []}, "expected at least one, found none"),
    "no rows": ({"dataframe_split": {"columns": COLUMNS, "data": []}}, "expected at least one, found none"),
    "no columns": ({"inputs": {}}, "expected at least one, found none"),
    "no inputs": ({"inputs": []}, "expected at least one, found none"),
    "no body": (b"", "an empty body"),
    "deep": (b"[" * 100_000, "expected JSON of a few levels"),
    "NaN": (b'{"instances": NaN}', "expected a list of examples"),
    "huge": (b'{"dataframe_records": [{"height": 1' + b"0" * 400 + b"}]}", "found none named"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_with_our_sentence(table: Served, name: str) -> None:
    body, message = REFUSED[name]
    refusal = table.refusal(body)
    assert message in refusal
    assert refusal.endswith(".")


def test_csv_without_a_column_or_with_a_wrong_one_is_refused(table: Served) -> None:
    assert "found none named ['height']" in table.refusal(CSV.replace(b"height", b"hight"), "text/csv")
    assert "could not be read as numbers, such as 'tall'" in table.refusal(CSV.replace(b"181.5", b"tall"), "text/csv")
    assert "expected at least one" in table.refusal(CSV.splitlines()[0] + b"\n", "text/csv")


def test_other_content_types_are_refused_with_our_sentence(table: Served) -> None:
    assert "set the header Content-Type" in table.refusal(CSV, "application/x-www-form-urlencoded", 415)


def test_an_error_of_the_model_has_no_stack_trace(
    table: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(request: object) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(
        table.model.unwrap_python_model().bundle.__class__, "predict", lambda self, request: fail(request)
    )
    with caplog.at_level(logging.ERROR, "sakon"):
        message = table.refusal({"dataframe_records": ROWS}, status=500)
    assert "The model could not predict (ZeroDivisionError)" in message
    assert "secret" not in message
    assert "a secret" in caplog.text


def test_the_signature_names_a_type_only_if_no_table_has_another(served: Callable[[str], Served]) -> None:
    inputs = served("tabular_classification").model.metadata.get_input_schema()
    assert {spec.name: str(spec.type) for spec in inputs} == {
        "height": "DataType.double",  # with fractions, never missing
        "weight": "Any",
        "colour": "Any",
        "member": "Any",
        "rooms": "Any",
        "since": "Any",
    }
    (text,) = served("text_classification").model.metadata.get_input_schema()
    assert str(text.type) == "DataType.string"


@pytest.mark.parametrize(
    "name", ["tabular_classification", "text_classification", "image_classification", "series_forecast"]
)
def test_every_kind_predicts_in_the_server_as_in_memory(served: Callable[[str], Served], name: str) -> None:
    model = served(name)
    expected = model.bundle.predict(model.example)
    if isinstance(model.example, np.ndarray):
        bodies: list[tuple[object, str]] = [
            ({form: model.example.tolist()}, "application/json") for form in ("inputs", "instances")
        ]
    else:
        split = json.loads(model.example.to_json(orient="split", date_format="iso"))
        bodies = [
            ({"dataframe_split": split}, "application/json"),
            (model.example.to_csv(index=False).encode(), "text/csv"),
        ]
    for body, content_type in bodies:
        found = model.predictions(body, content_type)
        pd.testing.assert_frame_equal(found[list(expected)], expected.map(as_json), check_dtype=False, rtol=1e-6)
    pd.testing.assert_frame_equal(model.model.predict(model.example), expected)


def as_json(value: object) -> object:
    return value.isoformat() if isinstance(value, pd.Timestamp) else value


def test_texts_need_no_table(served: Callable[[str], Served]) -> None:
    model = served("text_classification")
    texts = model.raw.iloc[:3, 0].tolist()
    expected = model.bundle.predict(texts)
    for body in ({"inputs": texts}, {"instances": texts}):
        pd.testing.assert_frame_equal(model.predictions(body), expected)
    pd.testing.assert_frame_equal(model.predictions({"inputs": texts[0]}), expected.head(1))
    assert "texts" in model.refusal({"inputs": [1, 2]})
    assert "texts" in model.refusal({"inputs": [["a"], ["b"]]})


def test_images_of_another_shape_are_refused(served: Callable[[str], Served]) -> None:
    model = served("image_classification")
    assert "expected an array of shape (rows, 8, 8), found (1, 2, 2)" in model.refusal({"inputs": [[[1, 2], [3, 4]]]})
    assert "expected numbers" in model.refusal({"inputs": np.full((1, 8, 8), "x").tolist()})
    assert "shape" in model.refusal({"inputs": {"a": [1]}})
    assert "one shape" in model.refusal({"inputs": [[1], [2, 3]]})


def test_models_of_other_projects_are_answered_by_mlflow(table: Served, tmp_path: Path) -> None:
    class Doubled(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
        def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
            return model_input * 2

    mlflow.pyfunc.save_model(tmp_path / "other", python_model=Doubled(), pip_requirements=["mlflow"])
    client = TestClient(scoring_server.init(mlflow.pyfunc.load_model(str(tmp_path / "other"))))
    answer = client.post("/invocations", json={"dataframe_records": [{"a": 2}]})
    assert answer.json() == {"predictions": [{"a": 4}]}


@pytest.mark.parametrize("file", ["artifacts/model.skops", "artifacts/extra.pkl", "serving.py"])
def test_a_changed_file_is_named_when_the_model_is_loaded(bundle: ModelBundle, tmp_path: Path, file: str) -> None:
    model = Served("tabular_classification", tmp_path)
    with (model.folder / file).open("ab") as opened:
        opened.write(b"\n")
    with pytest.raises(Exception, match=rf"found {file} (changed|added)"):
        mlflow.pyfunc.load_model(str(model.folder))
