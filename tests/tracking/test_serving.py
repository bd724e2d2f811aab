from __future__ import annotations

import os
import signal
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
from sakon.tracking.serving import download_champion, main

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
def crowned(trained: Trained) -> Project:
    """A project whose baseline is the champion."""
    project = trained("tabular", "classification")
    project.client.set_registered_model_alias(PROBLEM, "champion", project.version("baseline").version)
    return project


def champion_folder(project: Project) -> Path:
    """Return the folder of the champion's files in the store."""
    model = project.client.get_logged_model(project.version("champion").tags["sakon.model_id"])
    return Path(model.artifact_location.removeprefix("file://"))


def test_the_champion_is_copied_and_verified_before_it_is_served(crowned: Project, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    folder.mkdir()
    bytecode = champion_folder(crowned) / "code" / "sakon" / "__pycache__" / "lazy.cpython-311.pyc"
    bytecode.parent.mkdir()
    bytecode.write_bytes(b"of a stranger")
    model = download_champion(PROBLEM, folder)
    assert model.is_relative_to(folder)
    assert (model / "artifacts" / "model.skops").exists()
    assert not list(model.rglob("*.pyc"))
    assert bytecode.exists()  # only the copy was changed


@pytest.mark.parametrize(
    "name", ["MLmodel", "serving.py", "code/sakon/__init__.py", "artifacts/model.skops", "conda.yaml"]
)
def test_a_champion_with_a_changed_file_is_not_served(crowned: Project, name: str) -> None:
    with (champion_folder(crowned) / name).open("ab") as file:
        file.write(b"\n")
    with pytest.raises(SystemExit) as stopped:
        main([PROBLEM])
    sentence = str(stopped.value)
    assert sentence.startswith("Champion v1 of 'tiny' is not served. Model folder: expected the files as they were")
    assert f"found {name} changed" in sentence
    assert "\n" not in sentence


def test_without_a_champion_nothing_is_served(trained: Trained) -> None:
    trained()
    for problem in (PROBLEM, "unknown"):
        with pytest.raises(SystemExit, match=f"Champion of '{problem}': expected a registered model .* found none"):
            main([problem])


def test_without_a_store_nothing_is_served(bare: Project) -> None:
    with pytest.raises(SystemExit, match="found none; train and compare the families first"):
        main([PROBLEM])
    assert not (bare.folder / "mlflow.db").exists()


@pytest.fixture
def server(crowned: Project) -> Iterator[tuple[Project, str, subprocess.Popen[bytes]]]:
    """A project whose champion is served as by `make serve`, its address, and the process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "sakon.tracking.serving", PROBLEM, "127.0.0.1", port],
        cwd=crowned.folder,
        env={**os.environ, "MLFLOW_TRACKING_URI": crowned.uri},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/ping", process)
        yield crowned, address, process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


def test_the_server_takes_missing_values_whole_numbers_and_csv_and_ends_with_its_signal(
    server: tuple[Project, str, subprocess.Popen[bytes]],
) -> None:
    project, address, process = server
    rows = [
        {"age": 40, "rooms": 3, "colour": "red", "owner": True, "since": "2020-01-05"},
        {"age": None, "rooms": 4.0, "colour": None, "owner": False, "since": None},
        {"age": 51.5, "rooms": 2, "colour": "never seen", "owner": None, "since": "2021-12-31"},
    ]
    url = f"{address}/invocations"
    answer = requests.post(url, json={"dataframe_records": rows}, timeout=60)
    assert answer.status_code == 200, answer.text
    expected = bundle_of(project, "baseline").predict(pd.DataFrame(rows))
    found = pd.DataFrame(answer.json()["predictions"])
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    csv = pd.DataFrame(rows).to_csv(index=False)
    answer = requests.post(url, data=csv, headers={"Content-Type": "text/csv"}, timeout=60)
    pd.testing.assert_frame_equal(pd.DataFrame(answer.json()["predictions"]), expected, check_dtype=False)
    answer = requests.post(url, json={"dataframe_records": [{"rooms": "many"}]}, timeout=60)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("New records: expected the columns ['age', 'rooms', ")
    process.terminate()
    assert process.wait(timeout=60) == 128 + signal.SIGTERM
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{address}/ping", timeout=10)
