"""A problem with a folder of images: ingestion, training and serving."""

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


def raw_dataset(project: Path) -> ImageFolderDataset:
    raw = yaml.safe_load((project / "conf/test/catalog.yml").read_text())["raw"]
    return ImageFolderDataset(**{name: value for name, value in raw.items() if name != "type"})


@pytest.mark.parametrize(("mode", "channels"), [("grey", 1), ("colour", 3)])
def test_records_and_examples_of_a_folder(project: Path, mode: str, channels: int) -> None:
    image_folder(project, mode=mode, size=(7, 9))
    run(project, pipelines=["ingestion", "preprocessing"])
    records = ParquetDataset(filepath="data/02_intermediate/test/records.parquet").load()
    raw = raw_dataset(project).load()
    assert list(records["light"]) == list(raw["light"])
    np.testing.assert_array_equal(np.stack(records["image"]), raw["images"].reshape(60, -1))
    splits = [ExamplesDataset(filepath=f"data/05_model_input/test/{name}.parquet").load() for name in ("train", "test")]
    assert {split.x.shape[1:] for split in splits} == {(7, 9, channels)}


def test_registered_models_predict_new_images_in_colour(project: Path) -> None:
    folder = image_folder(project, mode="colour")
    run(project, pipelines=["ingestion", "preprocessing", "baseline", "mlp", "evaluation"])
    board = pd.read_csv("data/08_reporting/test/leaderboard.csv").set_index("family")
    assert board.loc["baseline", "value"] >= 0.9  # dark, medium and bright are easy to distinguish
    images = raw_dataset(project).load()["images"]
    for family in ("baseline", "mlp"):
        predictions = pd.read_parquet(f"data/07_model_output/test/{family}_predictions.parquet")
        model = mlflow.pyfunc.load_model(f"models:/test@{family}")
        result = model.predict(images[predictions["row"]])
        columns = "^probability_"
        np.testing.assert_allclose(result.filter(regex=columns), predictions.filter(regex=columns), atol=1e-5)
        with pytest.raises(MlflowException, match="shape"):
            model.predict(images[..., 0])
    new = folder.parent / "new"
    new.mkdir()
    for name, level in {"a.png": 45, "b.jpg": 225}.items():
        Image.new("L", (8, 8), level).save(new / name)
    new_images = ImageFolderDataset(filepath=str(new), size=[8, 8]).load()
    baseline = mlflow.pyfunc.load_model("models:/test@baseline")
    assert list(new_images["file"]) == ["a.png", "b.jpg"]
    assert list(baseline.predict(new_images["images"])["prediction"]) == ["dark", "bright"]
