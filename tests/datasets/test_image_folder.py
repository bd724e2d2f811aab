"""A folder of images becomes arrays in order; all problems are reported at once."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kedro.io import DatasetError
from PIL import Image

from sakon.datasets import ImageFolderDataset, image_folder
from sakon.datasets.decoding import SUFFIX_LIST
from sakon.errors import DataError
from sakon.pipelines.ingestion.nodes import make_records
from sakon.problem import Problem

SUFFIXES = ["png", "jpg", "bmp", "gif", "webp", "tif"]


def save_images(folder: Path, *names: str, level: int = 100) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (6, 4), level).save(path)
    return folder


def load(folder: Path, **options: Any) -> dict[str, np.ndarray]:
    return ImageFolderDataset(**{"filepath": str(folder), "size": [4, 4], "mode": "grey"} | options).load()


def error_message(folder: Path, **options: Any) -> str:
    with pytest.raises(DatasetError) as caught:
        load(folder, **options)
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_subfolders_are_classes(tmp_path: Path) -> None:
    save_images(tmp_path, "dog/2.png", "cat/b.JPG", "cat/inner/deep/a.tif", "dog/10.webp")
    raw = load(tmp_path, target="animal")
    assert list(raw) == ["images", "file", "animal"]
    assert list(raw["file"]) == ["cat/b.JPG", "cat/inner/deep/a.tif", "dog/10.webp", "dog/2.png"]
    assert list(raw["animal"]) == ["cat", "cat", "dog", "dog"]
    assert raw["images"].shape == (4, 4, 4)
    assert raw["images"].dtype == np.uint8
    assert load(tmp_path, mode="colour", size=[5, 3])["images"].shape == (4, 5, 3, 3)


def test_a_folder_without_subfolders_has_no_target(tmp_path: Path) -> None:
    raw = load(save_images(tmp_path, "b.png", "a.jpg"))
    assert list(raw) == ["images", "file"]
    assert list(raw["file"]) == ["a.jpg", "b.png"]


def test_without_target_subfolders_are_not_classes(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    raw = load(save_images(tmp_path, "b.png", "today/a.png"), target=None)
    assert list(raw) == ["images", "file"]
    assert list(raw["file"]) == ["b.png", "today/a.png"]


def test_images_of_one_class_are_new_records_but_no_problem(tmp_path: Path) -> None:
    raw = load(save_images(tmp_path, "cat/1.png", "cat/inner/2.png"))
    assert list(raw["target"]) == ["cat", "cat"]
    with pytest.raises(DataError, match="expected at least two different values, found only 'cat'"):
        make_records(raw, Problem(kind="image", target="target"))


LAYOUTS = {
    "splits": (["train/cat/1", "train/dog/2", "test/cat/3"], ["cat", "cat", "dog"]),
    "names of splits as parts": (["seg_train/cat/1", "seg_test/dog/2", "seg_test/cat/3"], ["cat", "dog", "cat"]),
    "upper case": (["TRAIN/cat/1", "Validation-Set/cat/2", "TRAIN/dog/3"], ["cat", "dog", "cat"]),
    "wrapped": (["pets/cat/1", "pets/dog/2"], ["cat", "dog"]),
    "wrapped splits": (["pets/test/cat/1", "pets/train/cat/2", "pets/train/dog/3"], ["cat", "cat", "dog"]),
    "each wrapped": (
        ["test/test/cat/1", "test/test/dog/2", "train/train/cat/3", "train/train/dog/4"],
        [*["cat", "dog"] * 2],
    ),
    "class called train": (["boat/1", "train/2"], ["boat", "train"]),
    "classes with inner folders": (["boat/a/1", "train/a/2"], ["boat", "train"]),
    "splits inside classes": (["cat/test/1", "cat/train/2", "dog/test/3"], ["cat", "cat", "dog"]),
    "classes called like splits": (["test lab/1", "train station/2"], ["test lab", "train station"]),
    "more than the splits": (["extra/cat/1", "test/cat/2", "train/cat/3", "train/dog/4"], ["cat", "cat", "cat", "dog"]),
}


@pytest.mark.parametrize(("files", "labels"), LAYOUTS.values(), ids=LAYOUTS)
def test_classes_are_found_below_splits_and_single_folders(tmp_path: Path, files: list[str], labels: list[str]) -> None:
    raw = load(save_images(tmp_path, *(f"{file}.png" for file in files)))
    assert list(raw["file"]) == sorted(f"{file}.png" for file in files)
    assert list(raw["target"]) == labels


def test_splits_are_named_and_images_in_no_class_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    save_images(tmp_path, "train/cat/1.png", "train/dog/2.png", "val/dog/3.png", "test/4.png", "test/5.png", "6.png")
    with caplog.at_level(logging.WARNING, logger="sakon"):
        assert list(load(tmp_path)["target"]) == ["cat", "dog", "dog"]
    messages = [record.getMessage() for record in caplog.records]
    assert messages[0].endswith("read 3 images, skipped 3 other files (3 images in no class).")
    assert "'train', 'val' are splits, not classes" in messages[1]
    assert "problem.split divides them anew" in messages[1]


def test_lost_bits_are_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    save_images(tmp_path, "1.png", "2.png")
    Image.fromarray(np.full((4, 6), 4095, np.uint16)).save(tmp_path / "3.png")
    with caplog.at_level(logging.WARNING, logger="sakon"):
        load(tmp_path, bits=12)
        assert not caplog.records
        load(tmp_path)
    (record,) = caplog.records
    assert "1 of 3 images have more than 8 bits per value, of which the upper 8 are read; set bits: 16" in (
        record.getMessage()
    )


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["train/1", "test/2"], "found 'test', 'train', which are names of splits, with images and no subfolders"),
        (["train/cat/1", "test/unknown/2"], "none in common ('test': 'unknown'; 'train': 'cat')"),
    ],
)
def test_splits_without_common_classes_are_refused(tmp_path: Path, files: list[str], message: str) -> None:
    assert message in error_message(save_images(tmp_path, *(f"{file}.png" for file in files)))


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(SUFFIXES), st.integers(0, 255)), min_size=1))
def test_every_row_is_the_image_of_its_file(
    tmp_path_factory: pytest.TempPathFactory, images: list[tuple[str, str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("images")
    levels: dict[str, int] = {}
    for number, (label, suffix, level) in enumerate([("a", "png", 0), ("b", "png", 0), *images]):
        save_images(folder, name := f"{label}/{number}.{suffix}", level=level)
        levels[name] = level
    raw = load(folder, fit="crop")
    assert sorted(raw["file"]) == sorted(levels)
    assert list(raw["target"]) == [file[0] for file in raw["file"]]
    for image, file in zip(raw["images"], raw["file"], strict=True):
        np.testing.assert_allclose(image.astype(int), levels[file], atol=2)  # JPEG and WebP round


def test_other_files_are_skipped_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    save_images(tmp_path, "a/1.png", "b/2.png")
    assert load(tmp_path)["images"].shape[0] == 2
    assert not caplog.records
    save_images(tmp_path, ".trash/3.png", "__MACOSX/a/4.png", "b/.5.png")
    for name in ("Thumbs.db", "a/.DS_Store", "a/notes.txt", "b/more.TXT"):
        (tmp_path / name).write_text("no image")
    with caplog.at_level(logging.WARNING, logger="sakon"):
        assert list(load(tmp_path)["target"]) == ["a", "b"]
    (record,) = caplog.records
    assert record.getMessage().endswith("read 2 images, skipped 7 other files (4 hidden, 2 .txt, 1 .db).")


def test_a_link_to_a_parent_folder_is_not_followed(tmp_path: Path) -> None:
    save_images(tmp_path, "a/1.png", "b/2.png")
    (tmp_path / "b/again").symlink_to(tmp_path, target_is_directory=True)
    assert list(load(tmp_path)["file"]) == ["a/1.png", "b/2.png"]


def save_broken_images(folder: Path) -> None:
    save_images(folder, "a/ok.png", "b/ok.png")
    (folder / "a/empty.png").write_bytes(b"")
    (folder / "a/text.jpg").write_text("this is no JPEG")
    (folder / "b/gone.png").symlink_to(folder / "nowhere.png")
    noise = np.random.default_rng(0).integers(256, size=(40, 40, 3)).astype(np.uint8)
    for suffix in SUFFIXES:
        path = folder / f"b/cut.{suffix}"
        Image.fromarray(noise).save(path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_broken_images_are_counted_and_five_are_named(tmp_path: Path) -> None:
    save_broken_images(tmp_path)
    message = error_message(tmp_path)
    assert f"{tmp_path}: expected complete image files, found 9 of 11 that cannot be read: " in message
    assert "a/empty.png (an empty file)" in message
    assert "a/text.jpg (not a PNG, JPEG, BMP, GIF, WEBP, TIFF, PPM file)" in message
    assert len(re.findall(r" [ab]/\w+\.\w+ \(", message)) == 5
    assert message.endswith("and 4 more; repair or delete them.")


def test_a_flipped_bit_in_a_png_raises(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(256, size=(40, 40)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    content = bytearray((tmp_path / "a.png").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "a.png").write_bytes(content)
    assert "found 1 of 1 that cannot be read: a.png (" in error_message(tmp_path)


@settings(max_examples=80)
@given(st.sampled_from(SUFFIXES), st.data())
def test_a_damaged_file_is_read_or_named_in_the_error(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("damaged") / f"a.{suffix}"
    Image.fromarray(np.random.default_rng(0).integers(256, size=(9, 9, 3)).astype(np.uint8)).save(path)
    content = bytearray(path.read_bytes())
    positions = st.tuples(st.integers(0, min(len(content), 300) - 1), st.integers(0, 255))
    for position, value in data.draw(st.lists(positions, min_size=1, max_size=4)):
        content[position] = value
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        message = ""
        shape = load(path.parent)["images"].shape
    except DatasetError as error:
        message, shape = str(error), None
    assert shape == (1, 4, 4) or f"found 1 of 1 that cannot be read: a.{suffix} (" in message


def test_too_many_pixels_raise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_images(tmp_path, "a.png")
    for limit in (20, 10):  # above the limit Pillow only warns; above twice the limit it raises
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        assert f"a.png (more than {limit} pixels, which may be a decompression bomb)" in error_message(tmp_path)


def test_images_that_exceed_the_memory_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_images(tmp_path, "a.png", "b.png")
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=31))
    assert "expected images that fit into memory, found 2 of shape (4, 4)" in error_message(tmp_path)
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=32))
    assert len(load(tmp_path)["images"]) == 2


def test_an_invalid_folder_raises(tmp_path: Path) -> None:
    assert "expected a folder of images, found nothing;" in error_message(tmp_path / "missing")
    (tmp_path / "file").write_text("")
    assert "expected a folder of images, found a file" in error_message(tmp_path / "file")
    (tmp_path / "none/a").mkdir(parents=True)
    assert f"expected images ({SUFFIX_LIST}), found none; add some" in error_message(tmp_path / "none")
    (tmp_path / "none/a/x.heic").write_text("")
    assert "found none, only 1 other file (1 .heic)" in error_message(tmp_path / "none")


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    save_broken_images(tmp_path)
    save_images(tmp_path, "stray.png")
    (tmp_path / "nobody").mkdir()
    messages = error_message(tmp_path).splitlines()
    assert len(messages) == 3
    assert "found 1 next to the subfolders: stray.png; move" in messages[0]
    assert "found none in 'nobody'; add some" in messages[1]
    assert "found 9 of 12 that cannot be read" in messages[2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": [28]}, r"size.1: expected"),
        ({"size": [0, 28]}, r"size.0: expected greater than or equal to 1, found 0"),
        ({"mode": "gray"}, r"mode: expected 'grey' or 'colour', found 'gray'"),
        ({"fit": "bend"}, r"fit: expected 'pad', 'crop' or 'stretch', found 'bend'"),
        ({"background": [0, 0, 256]}, r"background.2: expected less than or equal to 255, found 256"),
        ({"bits": 17}, r"bits: expected 8 to 16, or 32 for values as they are, found 17"),
        ({"target": "file"}, r"target: expected a name other than .* found 'file'"),
    ],
)
def test_invalid_arguments_raise(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        load(tmp_path, **options)


def test_progress_bar_appears_after_a_delay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save_images(tmp_path, *(f"{number}.png" for number in range(40)))
    load(tmp_path)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(image_folder, "PROGRESS_DELAY", -1.0)
    load(tmp_path)
    assert "40/40 images" in capsys.readouterr().err
