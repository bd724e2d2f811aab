"""A folder of images is a problem like any other: read, learnt, served."""

from __future__ import annotations

from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import run
from fabricate import image_folder
from mlflow.exceptions import MlflowException
from PIL import Image

from sakon.datasets import ExamplesDataset, ImageFolderDataset, ParquetDataset


def declared(project: Path) -> ImageFolderDataset:
    raw = yaml.safe_load((project / "conf/test/catalog.yml").read_text())["raw"]
    return ImageFolderDataset(**{name: value for name, value in raw.items() if name != "type"})


@pytest.mark.parametrize(("mode", "channels"), [("grey", 1), ("colour", 3)])
def test_a_folder_becomes_records_and_inputs(project: Path, mode: str, channels: int) -> None:
    image_folder(project, mode=mode, size=(7, 9))
    run(project, pipelines=["ingestion", "preprocessing"])
    records = ParquetDataset(filepath="data/02_intermediate/test/records.parquet").load()
    raw = declared(project).load()
    assert list(records["light"]) == list(raw["light"])
    np.testing.assert_array_equal(np.stack(records["image"]), raw["images"].reshape(60, -1))
    parts = [ExamplesDataset(filepath=f"data/05_model_input/test/{part}.parquet").load() for part in ("train", "test")]
    assert {part.x.shape[1:] for part in parts} == {(7, 9, channels)}


def test_the_served_model_answers_new_images_in_colour(project: Path) -> None:
    folder = image_folder(project, mode="colour")
    run(project, pipelines=["ingestion", "preprocessing", "baseline", "mlp", "evaluation"])
    board = pd.read_csv("data/08_reporting/test/leaderboard.csv").set_index("family")
    assert board.loc["baseline", "value"] >= 0.9  # dark, medium and bright are easily told apart
    images = declared(project).load()["images"]
    for family in ("baseline", "mlp"):
        predictions = pd.read_parquet(f"data/07_model_output/test/{family}_predictions.parquet")
        model = mlflow.pyfunc.load_model(f"models:/test@{family}")
        answers = model.predict(images[predictions["row"]])
        of_classes = "^probability_"
        np.testing.assert_allclose(answers.filter(regex=of_classes), predictions.filter(regex=of_classes), atol=1e-5)
        with pytest.raises(MlflowException, match="shape"):
            model.predict(images[..., 0])
    new = folder.parent / "new"
    new.mkdir()
    for name, level in {"a.png": 45, "b.jpg": 225}.items():
        Image.new("L", (8, 8), level).save(new / name)
    unseen = ImageFolderDataset(filepath=str(new), size=[8, 8]).load()
    baseline = mlflow.pyfunc.load_model("models:/test@baseline")
    assert list(unseen["file"]) == ["a.png", "b.jpg"]
    assert list(baseline.predict(unseen["images"])["prediction"]) == ["dark", "bright"]
