"""Every user error ends before any training, with one sentence, and changes no output."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import kedro, kedro_process, run
from fabricate import FABRICATORS, Fabricated, image_folder
from kedro.io import DatasetError

from sakon.errors import DataError, ParameterError, SakonError, TrackingError

Change = Callable[[pd.DataFrame], pd.DataFrame]

TABLES: dict[str, tuple[Change, str]] = {
    "target column missing": (lambda t: t.drop(columns="outcome"), r"problem.target: expected a column 'outcome'"),
    "target constant": (lambda t: t.assign(outcome="yes"), r"Target 'outcome': expected at least two .*'yes'"),
    "target all missing": (lambda t: t.assign(outcome=None), r"Target 'outcome': expected values, found 240 rows"),
    "rare class": (
        lambda t: t.assign(outcome=["rare", "rare", *t["outcome"][2:]]),
        r"at least 3 rows of every class .*found 2 of class 'rare'",
    ),
    "infinity": (lambda t: t.assign(height=t["height"].where(t.index > 0, np.inf)), r"Column 'height': .*1 infinite"),
    "too few rows": (lambda t: t.head(9), r"expected at least 15 rows, found 9"),
}
PARAMETERS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown key": ({"mlp__unitz": 3}, r"Parameter mlp.unitz: unknown; did you mean 'units'\?"),
    "unknown block": ({"mpl__units": [3]}, r"Parameter mpl: .*'mlp'"),
    "wrong type": ({"cnn__epochs": "ten"}, r"Parameter cnn.epochs: expected a valid integer.*found 'ten'"),
    "out of range": ({"mlp__dropout": 1.5}, r"Parameter mlp.dropout: expected less than 1, found 1.5"),
    "test fraction of 0": ({"problem__split__test": 0}, r"Parameter problem.split.test: expected greater than 0"),
    "test fraction of 1": ({"problem__split__test": 1}, r"Parameter problem.split.test: expected less than 1"),
    "nothing to train on": ({"problem__split__test": 0.9, "problem__split__validation": 0.3}, r"validation \+ test"),
    "unknown kind": ({"problem__kind": "tabula"}, r"unknown kind 'tabula'; did you mean 'tabular'\?"),
    "unknown metric": ({"problem__metric": "acuracy"}, r"unknown metric 'acuracy'; did you mean 'accuracy'\?"),
    "no worker": ({"run__workers": 0}, r"Parameter run.workers: expected greater than or equal to 1, found 0"),
    "no number of workers": ({"run__workers": "all"}, r"Parameter run.workers: expected a valid integer.*found 'all'"),
    "no minutes": ({"run__minutes": 0}, r"Parameter run.minutes: expected greater than 0, found 0"),
    "negative minutes": ({"run__minutes": -2.5}, r"Parameter run.minutes: expected greater than 0, found -2.5"),
    "no number of minutes": ({"run__minutes": "ten"}, r"Parameter run.minutes: expected a valid number.*found 'ten'"),
    "unknown option": ({"problem__options__ignored": ["a"]}, r"ignored"),
}


def table() -> Fabricated:
    return FABRICATORS["tabular"][0]("classification")


def changed(case: Fabricated, raw: Any, **parameters: Any) -> Fabricated:
    return Fabricated(case.kind, case.task, raw, case.parameters | parameters)


def content(project: Path) -> dict[str, bytes]:
    outputs = [path for layer in project.glob("data/0[2-8]_*") for path in layer.rglob("*") if path.is_file()]
    return {str(path): path.read_bytes() for path in outputs}


@pytest.mark.parametrize("name", TABLES)
def test_invalid_table_is_an_error(project: Path, name: str) -> None:
    table().write(project)
    run(project, pipelines=["ingestion", "preprocessing"])
    before = content(project)
    change, sentence = TABLES[name]
    changed(table(), change(table().raw.copy())).write(project)
    with pytest.raises(DataError, match=sentence):
        run(project)
    assert content(project) == before
    assert not (project / "mlruns").exists()


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_that_does_not_fit(project: Path, name: str) -> None:
    table().write(project)
    given, sentence = PARAMETERS[name]
    with pytest.raises(ParameterError, match=sentence):
        run(project, **given)
    assert content(project) == {}
    assert not (project / "mlflow.db").exists()


def test_all_faults_of_the_parameters_at_once(project: Path) -> None:
    table().write(project)
    with pytest.raises(ParameterError) as caught:
        run(project, mlp__dropout=2, cnn__epochs=0)
    assert len(caught.value.messages) == 2


def test_target_of_the_wrong_type(project: Path) -> None:
    changed(table(), table().raw, task="regression").write(project)
    with pytest.raises(DataError, match="expected numbers for a regression, found '(yes|no)'"):
        run(project)
    case = FABRICATORS["tabular"][0]("regression")
    changed(case, case.raw, task="classification").write(project)
    with pytest.raises(DataError, match="found fractions"):
        run(project)


def test_metric_of_another_task(project: Path) -> None:
    changed(table(), table().raw, metric="rmse").write(project)
    with pytest.raises(DataError, match=r"problem\.metric: .*classification .*found 'rmse'"):
        run(project)


def test_an_expected_column_is_missing(project: Path) -> None:
    changed(table(), table().raw, options={"expect": ["heigth"]}).write(project)
    with pytest.raises(DataError, match="problem.options.expect: .*'heigth'.*did you mean 'height'"):
        run(project)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_image_that_is_not_finite(project: Path, value: float) -> None:
    case = FABRICATORS["image"][0]("classification")
    images = case.raw["images"].astype(float)
    images[5, 0, 0] = value
    changed(case, case.raw | {"images": images}).write(project)
    with pytest.raises(DataError, match="Array 'images': .*NaN or infinity in 1 images, the first at index 5"):
        run(project)


def test_raw_file_missing_empty_truncated(project: Path) -> None:
    case = FABRICATORS["image"][0]("classification")
    case.write(project)
    file = project / "data/01_raw/test/raw.npz"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DatasetError, match=r"raw\.npz: expected an \.npz file"):
        run(project)
    file.write_bytes(b"")
    with pytest.raises(DatasetError, match=r"raw\.npz: expected an \.npz file"):
        run(project)
    file.unlink()
    with pytest.raises(SakonError, match=r"data/01_raw/test/raw\.npz: the raw file is not there"):
        run(project)
    assert content(project) == {}


FOLDERS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "zero bytes": (
        lambda folder: (folder / "dark/zero.png").write_bytes(b""),
        r"expected complete image files, found 1 of 61 that cannot be read: dark/zero\.png \(an empty file\)",
    ),
    "no image": (
        lambda folder: (folder / "dark/text.png").write_text("no image"),
        r"found 1 of 61 that cannot be read: dark/text\.png \(not a PNG, JPEG",
    ),
    "truncated": (
        lambda folder: next(folder.glob("medium/*.jpg")).write_bytes(
            next(folder.glob("medium/*.jpg")).read_bytes()[:-9]
        ),
        r"found 1 of 60 that cannot be read: medium/\d+\.jpg \(image file is truncated",
    ),
    "one class": (
        lambda folder: [shutil.rmtree(folder / name) for name in ("dark", "medium")],
        r"expected at least two different values, found only 'bright'",
    ),
    "empty class": (lambda folder: (folder / "dim").mkdir(), r"expected images in every .* found none in 'dim'"),
    "missing": (shutil.rmtree, r"data/01_raw/test/pictures: .* not there"),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_invalid_image_folder_is_an_error(project: Path, name: str) -> None:
    folder = image_folder(project)
    run(project, pipelines=["ingestion", "preprocessing"])
    before = content(project)
    change, sentence = FOLDERS[name]
    change(folder)
    with pytest.raises((DatasetError, DataError), match=sentence):
        run(project)
    assert content(project) == before


def test_the_command_names_every_fault_of_a_folder_of_images(project: Path) -> None:
    folder = image_folder(project)
    (folder / "dark/zero.png").write_bytes(b"")
    (folder / "dim").mkdir()
    done = kedro(project, "run", "--env", "test", "--pipelines", "ingestion")
    assert done.returncode == 1
    assert "found none in 'dim'; add some or delete the subfolder." in " ".join(done.stderr.split())
    assert "dark/zero.png (an empty file); repair or delete them." in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr + done.stdout
    assert content(project) == {}


def test_the_command_names_a_missing_argument_of_the_raw_data(project: Path) -> None:
    image_folder(project)
    catalog = project / "conf/test/catalog.yml"
    raw = yaml.safe_load(catalog.read_text())
    del raw["raw"]["size"]
    catalog.write_text(yaml.safe_dump(raw))
    done = kedro(project, "run", "--env", "test", "--pipelines", "ingestion")
    assert done.returncode == 1
    assert "missing 1 required keyword-only argument: 'size'. Dataset 'raw' must" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr + done.stdout


def test_wrong_checksum_and_no_network(project: Path) -> None:
    raw = yaml.safe_load((project / "conf/credit/catalog.yml").read_text())
    raw["raw"]["url"] = "http://127.0.0.1:9/german_credit.csv"
    (project / "conf/credit/catalog.yml").write_text(yaml.safe_dump(raw))
    with pytest.raises(DatasetError, match="could not be downloaded from http://127.0.0.1:9"):
        run(project, env="credit", pipelines=["ingestion"])
    (project / "data/01_raw/credit").mkdir(parents=True, exist_ok=True)
    file = project / "data/01_raw/credit/german_credit.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(DatasetError, match="expected the file of .* found sha256"):
        run(project, env="credit", pipelines=["ingestion"])
    assert file.read_text() == "a,b\n1,2\n"


def test_inputs_that_do_not_exist_yet_name_the_command(project: Path) -> None:
    table().write(project)
    with pytest.raises(DataError, match="`train`.*kedro run --env=test --pipelines=preprocessing"):
        run(project, pipelines=["mlp"])


def test_server_unreachable(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table().write(project)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(TrackingError, match="MLflow server http://127.0.0.1:9: .*mlflow.required=false"):
        run(project)
    assert content(project) == {}
    run(project, pipelines=["ingestion", "preprocessing", "baseline"], mlflow__required=False)
    assert (project / "data/06_models/test/baseline/model.skops").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_data_directory_not_writable(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table().write(project)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(DataError, match="expected a folder that may be written to"):
        run(project)


def test_disk_full(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table().write(project)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("usage", (), {"free": 2**20}))
    with pytest.raises(DataError, match="found 1 MiB; the disk is full"):
        run(project)


def test_unseen_categories_are_predicted(project: Path) -> None:
    import mlflow

    table().write(project)
    run(project, pipelines=["ingestion", "preprocessing", "baseline", "evaluation"])
    model = mlflow.pyfunc.load_model("models:/test@baseline")
    strange = table().raw.head(2).drop(columns="outcome").assign(colour=["violet", None])
    assert set(model.predict(strange)["prediction"]) <= {"yes", "no"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--params", "mlp.dropout=7"], "Parameter mlp.dropout: expected less than 1, found 7"),
        (["--env", "tst"], "did you mean 'test'?"),
        (
            ["--env", "test", "--pipelines", "mpl"],
            "--pipelines mpl: no such pipeline; did you mean 'mlp'?",
        ),
    ],
)
def test_command_prints_one_sentence_per_error(project: Path, arguments: list[str], sentence: str) -> None:
    done = kedro(project, "run", *arguments)
    assert done.returncode != 0
    assert sentence in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr + done.stdout


def test_command_prints_one_sentence_per_error_in_its_own_process(project: Path) -> None:
    done = kedro_process(project, "run", "--params", "mlp.dropout=7")
    assert done.returncode == 1
    assert "Parameter mlp.dropout: expected less than 1, found 7" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr + done.stdout
