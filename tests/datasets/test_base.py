"""Read-only raw data, and datasets with one file per family."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kedro.io import DatasetError

from sakon.datasets import ArraysDataset, BundledDataset, ByFamilyDataset, ImageFolderDataset
from sakon.problem import Failure

RAW: dict[str, Any] = {
    "arrays": lambda folder: ArraysDataset(filepath=str(folder)),
    "bundled": lambda _: BundledDataset(loader="load_digits"),
    "images": lambda folder: ImageFolderDataset(filepath=str(folder), size=[4, 4]),
}


@pytest.mark.parametrize("name", RAW)
def test_raw_data_are_read_only(tmp_path: Path, name: str) -> None:
    with pytest.raises(DatasetError, match="read-only"):
        RAW[name](tmp_path).save({})
    assert list(tmp_path.iterdir()) == []


def test_unknown_loader_of_scikit_learn_raises() -> None:
    with pytest.raises(DatasetError, match=r"such as load_digits, found 'fetch_openml'"):
        BundledDataset(loader="fetch_openml").load()


@pytest.fixture
def scores(tmp_path: Path) -> ByFamilyDataset:
    entry = {"type": "sakon.datasets.JSONDataset", "filepath": str(tmp_path / "*_spark" / "scores.json")}
    return ByFamilyDataset(dataset=entry)


def test_each_family_has_its_own_file(tmp_path: Path, scores: ByFamilyDataset) -> None:
    scores.save({"mlp": {"rows": 1}, "cnn": {"rows": 2}})
    assert scores.load() == {"cnn": {"rows": 2}, "mlp": {"rows": 1}}
    assert (tmp_path / "mlp_spark" / "scores.json").is_file()


def test_saving_one_family_keeps_the_others(scores: ByFamilyDataset) -> None:
    scores.save({"mlp": {"rows": 1}, "cnn": {"rows": 2}})
    scores.save({"mlp": {"rows": 3}})
    assert scores.load() == {"cnn": {"rows": 2}, "mlp": {"rows": 3}}


def test_without_files_there_are_no_families(tmp_path: Path, scores: ByFamilyDataset) -> None:
    assert not scores.exists()
    assert scores.load() == {}
    (tmp_path / "mlp_spark").mkdir()
    assert scores.load() == {}


def test_a_file_that_cannot_be_read_is_a_failure_where_errors_are_contained(tmp_path: Path) -> None:
    entry = {"type": "sakon.datasets.JSONDataset", "filepath": str(tmp_path / "*_spark" / "scores.json")}
    strict, tolerant = ByFamilyDataset(dataset=entry), ByFamilyDataset(dataset=entry, contain_errors=True)
    strict.save({"mlp": {"rows": 1}, "cnn": {"rows": 2}})
    (tmp_path / "mlp_spark" / "scores.json").write_text("{")
    values = tolerant.load()
    assert values["cnn"] == {"rows": 2}
    assert isinstance(values["mlp"], Failure)
    assert "mlp_spark/scores.json: expected a complete JSON file" in values["mlp"].reason
    with pytest.raises(DatasetError):
        strict.load()
