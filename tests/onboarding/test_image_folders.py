"""Folders and arrays of images become problems, or are refused with a clear message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sakon.datasets.decoding import FORMATS
from sakon.errors import DataError, ParameterError
from sakon.onboarding.configuration import as_configuration
from sakon.onboarding.inference import Request, propose
from sakon.onboarding.raw_files import RawFile
from sakon.onboarding.readers import find_raw_file


def write_images(
    folder: Path, count: int = 4, size: tuple[int, int] = (20, 30), mode: str = "L", suffix: str = ".png"
) -> Path:
    """Write images of two classes; `size` is height and width."""
    rng = np.random.default_rng(0)
    for label in ("cat", "dog"):
        (folder / label).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            shape = size if mode == "L" else (*size, 3)
            image = Image.fromarray(rng.integers(0, 255, shape, dtype=np.uint8))
            image.save(folder / label / f"{number}{suffix}")
    return folder


def propose_problem(raw_file: RawFile, target: str | None = None) -> dict[str, Any]:
    problem: dict[str, Any] = as_configuration(propose(raw_file, Request(target)).values)["problem"]
    return problem


@pytest.mark.parametrize(
    ("size", "mode", "expected_size", "expected_mode"),
    [
        ((20, 30), "L", [20, 30], "grey"),
        ((20, 30), "RGB", [20, 30], "colour"),
        ((128, 256), "L", [32, 64], "grey"),
    ],
)
def test_size_and_mode_of_a_folder(
    tmp_path: Path, size: tuple[int, int], mode: str, expected_size: list[int], expected_mode: str
) -> None:
    raw_file = find_raw_file(write_images(tmp_path, size=size, mode=mode))
    assert propose_problem(raw_file) == {
        "kind": "image",
        "target": "label",
        "task": "classification",
        "metric": "accuracy",
    }
    assert raw_file.catalog_entry("here") == {
        "type": "sakon.datasets.ImageFolderDataset",
        "filepath": "here",
        "size": expected_size,
        "mode": expected_mode,
        "target": "label",
    }


def test_grey_image_saved_in_colour_is_grey(tmp_path: Path) -> None:
    write_images(tmp_path)
    for path in tmp_path.rglob("*.png"):
        Image.open(path).convert("RGB").save(path)
    raw_file = find_raw_file(tmp_path)
    propose_problem(raw_file, "animal")
    assert raw_file.arguments["mode"].value == "grey"
    assert raw_file.arguments["target"].value == "animal"


@pytest.mark.parametrize("suffix", sorted(suffix for suffixes in FORMATS.values() for suffix in suffixes))
def test_every_format_that_the_dataset_reads_is_proposed(tmp_path: Path, suffix: str) -> None:
    raw_file = find_raw_file(write_images(tmp_path, suffix=suffix))
    assert "8 images" in propose(raw_file, Request()).size
    assert len(raw_file.load()["images"]) == 8


def test_invalid_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="one subfolder for each of at least two classes, found none; put"):
        propose_problem(find_raw_file(tmp_path))
    (tmp_path / "cat").mkdir()
    for file in ("cat/1.png", "2.png"):
        Image.new("L", (8, 8)).save(tmp_path / file)
    with pytest.raises(DataError, match="found only 'cat', and 1 images outside the subfolders"):
        propose_problem(find_raw_file(tmp_path))
    write_images(tmp_path, count=2)
    with pytest.raises(DataError, match=r"at least 3 images of every class, found fewer in 'cat' \(2\), 'dog' \(2\)"):
        propose_problem(find_raw_file(tmp_path))
    write_images(tmp_path, count=4)
    (tmp_path / "dog" / "broken.png").write_bytes(b"no image")
    (tmp_path / "cat" / "hollow.png").touch()
    with pytest.raises(DataError, match=r"hollow\.png: .*\(empty\)") as error:
        propose_problem(find_raw_file(tmp_path))
    assert len(error.value.messages) == 2


def write_arrays(folder: Path, **arrays: np.ndarray) -> RawFile:
    np.savez(folder / "a.npz", **arrays)
    return find_raw_file(folder / "a.npz")


def test_arrays(tmp_path: Path) -> None:
    pixels, labels = np.zeros((30, 8, 8), np.uint8), np.arange(30) % 3
    pixels[:, 2:4] = np.arange(30)[:, None, None]
    problem = propose_problem(write_arrays(tmp_path, images=pixels, target=labels))
    assert problem == {"kind": "image", "target": "target", "task": "classification", "metric": "accuracy"}
    problem = propose_problem(write_arrays(tmp_path, x=pixels, y=labels[:, None], other=labels / 7.5), "y")
    assert problem["options"] == {"images": "x"}
    with pytest.raises(ParameterError, match=r"--target lables: .* array of 30 values.*did you mean 'labels'"):
        propose_problem(write_arrays(tmp_path, images=pixels, labels=labels, more=labels), "lables")
    with pytest.raises(ParameterError, match="--target: expected the name"):
        propose_problem(write_arrays(tmp_path, images=pixels, labels=labels, more=labels))
    with pytest.raises(DataError, match=r"expected an array of images.*found X \(30, 4\)"):
        propose_problem(write_arrays(tmp_path, X=np.zeros((30, 4)), y=labels))
