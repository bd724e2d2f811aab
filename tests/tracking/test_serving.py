from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
import requests
from tracking.servers import wait_for
from tracking.tiny_project import PROBLEM, Project

from sakon.errors import DataError
from sakon.models.bundle import ModelBundle
from sakon.models.predict import predict_outputs

Trained = Callable[..., Project]


def bundle_of(project: Project, family: str) -> ModelBundle:
    """Return the predictor made of what the catalog holds."""
    loaded = {name: project.catalog.load(name) for name in ("schema", "input_spec", "preprocessor")}
    return ModelBundle(**loaded, model=project.catalog.load(f"{family}.model"))


def request_of(project: Project) -> Any:
    """Return all train records as a user would send them."""
    from sakon import kinds

    schema = project.catalog.load("schema")
    return kinds.get(schema.kind).to_request(project.catalog.load("train_records"), schema)


@pytest.mark.parametrize("family", ["baseline", "mlp"])
@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("kind", ["tabular", "image"])
def test_registered_model_predicts_like_the_trained_one(trained: Trained, kind: str, task: str, family: str) -> None:
    project = trained(kind, task, family)
    request = request_of(project)
    served = mlflow.pyfunc.load_model(f"models:/{PROBLEM}@{family}")
    answers = served.predict(request)
    pd.testing.assert_frame_equal(answers, bundle_of(project, family).predict(request))
    direct = predict_outputs(project.catalog.load(f"{family}.model"), project.catalog.load("train").x)
    input_spec = project.catalog.load("input_spec")
    if task == "classification":
        assert list(answers) == ["prediction", "probability_no", "probability_yes"]
        np.testing.assert_allclose(answers.iloc[:, 1:], direct, rtol=1e-5)
        assert set(answers["prediction"]) <= {"no", "yes"}
    else:
        np.testing.assert_allclose(answers["prediction"], input_spec.in_unit_of_target(direct[:, 0]), rtol=1e-5)
    assert [column.name for column in served.metadata.signature.outputs] == list(answers)


def test_a_table_may_miss_values_and_order_its_columns_otherwise(trained: Trained) -> None:
    project = trained()
    served = mlflow.pyfunc.load_model(f"models:/{PROBLEM}@baseline")
    request = request_of(project).head(2).assign(age=[None, 30.0], colour=["never seen", None])
    expected = bundle_of(project, "baseline").predict(request)
    pd.testing.assert_frame_equal(served.predict(request[reversed(request.columns)]), expected)


def test_a_request_of_another_form_is_refused_in_one_sentence(trained: Trained) -> None:
    project = trained()
    with pytest.raises(DataError, match=r"none named .*'age'"):
        bundle_of(project, "baseline").predict(pd.DataFrame({"rooms": [1]}))


@pytest.fixture
def server(trained: Trained) -> Iterator[tuple[Project, str]]:
    """A served model, and its address."""
    project = trained("tabular", "classification")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = ["-m", "mlflow", "models", "serve", "-m", f"models:/{PROBLEM}@baseline", "--env-manager", "local"]
    process = subprocess.Popen(
        [sys.executable, *command, "-h", "127.0.0.1", "-p", port],
        env={
            **os.environ,
            "MLFLOW_TRACKING_URI": project.uri,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),  # where uvicorn is
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/ping", process)
        yield project, address
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 15)
        process.wait(timeout=30)


def test_mlflow_serves_the_model_and_takes_missing_values_and_whole_numbers(server: tuple[Project, str]) -> None:
    project, address = server
    rows = [
        {"age": 40, "rooms": 3, "colour": "red", "owner": True, "since": "2020-01-05"},
        {"age": None, "rooms": 4.0, "colour": None, "owner": False, "since": None},
        {"age": 51.5, "rooms": 2, "colour": "never seen", "owner": None, "since": "2021-12-31"},
    ]
    answer = requests.post(f"{address}/invocations", json={"dataframe_records": rows}, timeout=60)
    assert answer.status_code == 200, answer.text
    expected = bundle_of(project, "baseline").predict(pd.DataFrame(rows))
    found = pd.DataFrame(answer.json()["predictions"])
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
