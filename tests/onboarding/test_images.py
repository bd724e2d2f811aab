"""Folders and arrays of images become problems, or are refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sakon.errors import DataError, ParameterError
from sakon.onboarding import images, sources
from sakon.onboarding.settings import as_configuration
from sakon.onboarding.sources import Source


def folder(path: Path, count: int = 4, size: tuple[int, int] = (20, 30), mode: str = "L") -> Path:
    """Write images, `size` being height and width, of two classes."""
    rng = np.random.default_rng(0)
    for label in ("cat", "dog"):
        (path / label).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            shape = size if mode == "L" else (*size, 3)
            Image.fromarray(rng.integers(0, 255, shape, dtype=np.uint8)).save(path / label / f"{number}.png")
    return path


def proposed(source: Source, target: str | None = None) -> dict[str, object]:
    look_at = images.of_folder if source.path.is_dir() else images.of_arrays
    problem: dict[str, object] = as_configuration(look_at(source, target, None)[0])["problem"]
    return problem


@pytest.mark.parametrize(
    ("size", "mode", "wanted", "said"),
    [
        ((20, 30), "L", [20, 30], "grey"),
        ((20, 30), "RGB", [20, 30], "colour"),
        ((128, 256), "L", [32, 64], "grey"),
    ],
)
def test_size_and_mode_of_a_folder(
    tmp_path: Path, size: tuple[int, int], mode: str, wanted: list[int], said: str
) -> None:
    source = sources.find(folder(tmp_path, size=size, mode=mode))
    assert proposed(source) == {"kind": "image", "target": "label", "task": "classification", "metric": "accuracy"}
    assert source.configuration("here") == {
        "type": "sakon.datasets.ImageFolderDataset",
        "filepath": "here",
        "size": wanted,
        "mode": said,
        "target": "label",
    }


def test_a_grey_image_saved_in_colour_is_grey(tmp_path: Path) -> None:
    folder(tmp_path)
    for path in tmp_path.rglob("*.png"):
        Image.open(path).convert("RGB").save(path)
    source = sources.find(tmp_path)
    proposed(source, "animal")
    assert source.arguments["mode"][0] == "grey"
    assert source.arguments["target"][0] == "animal"


def test_folders_that_are_no_problem(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="one subfolder for each of at least two classes, found none; put"):
        proposed(sources.find(tmp_path))
    (tmp_path / "cat").mkdir()
    for place in ("cat/1.png", "2.png"):
        Image.new("L", (8, 8)).save(tmp_path / place)
    with pytest.raises(DataError, match="found only 'cat', and images that lie in no subfolder \\(1\\)"):
        proposed(sources.find(tmp_path))
    folder(tmp_path, count=2)
    with pytest.raises(DataError, match=r"at least 3 images of every class, found fewer in 'cat' \(2\), 'dog' \(2\)"):
        proposed(sources.find(tmp_path))
    folder(tmp_path, count=4)
    (tmp_path / "dog" / "broken.png").write_bytes(b"no image")
    (tmp_path / "cat" / "hollow.png").touch()
    with pytest.raises(
        DataError, match=r"hollow\.png: expected an image, found a file that cannot be read \(empty\)"
    ) as error:
        proposed(sources.find(tmp_path))
    assert len(error.value.messages) == 2


def arrays(path: Path, **named: np.ndarray) -> Source:
    np.savez(path / "a.npz", **named)
    return sources.find(path / "a.npz")


def test_arrays(tmp_path: Path) -> None:
    pixels, labels = np.zeros((30, 8, 8), np.uint8), np.arange(30) % 3
    problem = proposed(arrays(tmp_path, images=pixels, target=labels))
    assert problem == {"kind": "image", "target": "target", "task": "classification", "metric": "accuracy"}
    named = proposed(arrays(tmp_path, x=pixels, y=labels[:, None], other=labels / 7.5), "y")
    assert named["options"] == {"images": "x"}
    with pytest.raises(
        ParameterError, match=r"--target lables: expected the name of an array of 30 values.*did you mean 'labels'"
    ):
        proposed(arrays(tmp_path, images=pixels, labels=labels, more=labels), "lables")
    with pytest.raises(ParameterError, match="--target: expected the name"):
        proposed(arrays(tmp_path, images=pixels, labels=labels, more=labels))
    with pytest.raises(DataError, match=r"expected an array of images.*found X \(30, 4\)"):
        proposed(arrays(tmp_path, X=np.zeros((30, 4)), y=labels))
