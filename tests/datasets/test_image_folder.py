"""A folder of images becomes arrays, in order; all that is wrong with it is said at once."""

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

SUFFIXES = ["png", "jpg", "bmp", "gif", "webp", "tif"]


def put(folder: Path, *names: str, level: int = 100) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (6, 4), level).save(path)
    return folder


def loaded(folder: Path, **options: Any) -> dict[str, np.ndarray]:
    return ImageFolderDataset(**{"filepath": str(folder), "size": [4, 4], "mode": "grey"} | options).load()


def fault(folder: Path, **options: Any) -> str:
    with pytest.raises(DatasetError) as caught:
        loaded(folder, **options)
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_one_subfolder_per_class(tmp_path: Path) -> None:
    put(tmp_path, "dog/2.png", "cat/b.JPG", "cat/inner/deep/a.tif", "dog/10.webp")
    raw = loaded(tmp_path, target="animal")
    assert list(raw) == ["images", "file", "animal"]
    assert list(raw["file"]) == ["cat/b.JPG", "cat/inner/deep/a.tif", "dog/10.webp", "dog/2.png"]
    assert list(raw["animal"]) == ["cat", "cat", "dog", "dog"]
    assert raw["images"].shape == (4, 4, 4)
    assert raw["images"].dtype == np.uint8
    assert loaded(tmp_path, mode="colour", size=[5, 3])["images"].shape == (4, 5, 3, 3)


def test_a_folder_without_subfolders_has_no_target(tmp_path: Path) -> None:
    raw = loaded(put(tmp_path, "b.png", "a.jpg"))
    assert list(raw) == ["images", "file"]
    assert list(raw["file"]) == ["a.jpg", "b.png"]


def test_without_target_subfolders_are_mere_folders(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    raw = loaded(put(tmp_path, "b.png", "today/a.png"), target=None)
    assert list(raw) == ["images", "file"]
    assert list(raw["file"]) == ["b.png", "today/a.png"]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(SUFFIXES), st.integers(0, 255)), min_size=1))
def test_every_row_is_the_image_of_its_file(
    tmp_path_factory: pytest.TempPathFactory, images: list[tuple[str, str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("images")
    levels: dict[str, int] = {}
    for number, (label, suffix, level) in enumerate([("a", "png", 0), ("b", "png", 0), *images]):
        put(folder, name := f"{label}/{number}.{suffix}", level=level)
        levels[name] = level
    raw = loaded(folder, fit="crop")
    assert sorted(raw["file"]) == sorted(levels)
    assert list(raw["target"]) == [file[0] for file in raw["file"]]
    for image, file in zip(raw["images"], raw["file"], strict=True):
        np.testing.assert_allclose(image.astype(int), levels[file], atol=2)  # JPEG and WebP round


def test_what_is_no_image_is_skipped_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    put(tmp_path, "a/1.png", "b/2.png")
    assert loaded(tmp_path)["images"].shape[0] == 2
    assert not caplog.records
    put(tmp_path, ".trash/3.png", "__MACOSX/a/4.png", "b/.5.png")
    for name in ("Thumbs.db", "a/.DS_Store", "a/notes.txt", "b/more.TXT"):
        (tmp_path / name).write_text("no image")
    with caplog.at_level(logging.WARNING, logger="sakon"):
        assert list(loaded(tmp_path)["target"]) == ["a", "b"]
    (record,) = caplog.records
    assert record.getMessage().endswith("read 2 images, skipped 5 files that are none (2 hidden, 2 .txt, 1 .db).")


def test_a_link_back_to_the_folder_ends(tmp_path: Path) -> None:
    put(tmp_path, "a/1.png", "b/2.png")
    (tmp_path / "b/again").symlink_to(tmp_path, target_is_directory=True)
    assert list(loaded(tmp_path)["file"]) == ["a/1.png", "b/2.png"]


def broken(folder: Path) -> None:
    put(folder, "a/ok.png", "b/ok.png")
    (folder / "a/empty.png").write_bytes(b"")
    (folder / "a/text.jpg").write_text("this is no JPEG")
    (folder / "b/gone.png").symlink_to(folder / "nowhere.png")
    noise = np.random.default_rng(0).integers(256, size=(40, 40, 3)).astype(np.uint8)
    for suffix in SUFFIXES:
        path = folder / f"b/cut.{suffix}"
        Image.fromarray(noise).save(path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_every_broken_image_is_counted_and_five_are_named(tmp_path: Path) -> None:
    broken(tmp_path)
    said = fault(tmp_path)
    assert f"{tmp_path}: expected images that can be read whole, found 9 of 11 that cannot: " in said
    assert "a/empty.png (an empty file)" in said
    assert "a/text.jpg (no PNG, JPEG, BMP, GIF, WEBP, TIFF)" in said
    assert len(re.findall(r" [ab]/\w+\.\w+ \(", said)) == 5
    assert said.endswith("and 4 more; mend or remove them.")


def test_a_flipped_bit_in_a_png_is_found(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(256, size=(40, 40)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    content = bytearray((tmp_path / "a.png").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "a.png").write_bytes(content)
    assert "found 1 of 1 that cannot: a.png (" in fault(tmp_path)


@settings(deadline=None, max_examples=80)
@given(st.sampled_from(SUFFIXES), st.data())
def test_a_damaged_file_is_read_or_named_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("damaged") / f"a.{suffix}"
    Image.fromarray(np.random.default_rng(0).integers(256, size=(9, 9, 3)).astype(np.uint8)).save(path)
    content = bytearray(path.read_bytes())
    places = st.tuples(st.integers(0, min(len(content), 300) - 1), st.integers(0, 255))
    for place, value in data.draw(st.lists(places, min_size=1, max_size=4)):
        content[place] = value
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        said = ""
        shape = loaded(path.parent)["images"].shape
    except DatasetError as error:
        said, shape = str(error), None
    assert shape == (1, 4, 4) or f"found 1 of 1 that cannot: a.{suffix} (" in said


def test_too_many_pixels_are_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "a.png")
    for limit in (20, 10):  # beyond the limit Pillow itself would only warn; beyond twice the limit it refuses
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        assert f"a.png (more than {limit} pixels, which may be a decompression bomb)" in fault(tmp_path)


def test_images_that_do_not_fit_into_memory_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "a.png", "b.png")
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=31))
    assert "expected images that fit into memory, found that 2 of shape (4, 4)" in fault(tmp_path)
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=32))
    assert len(loaded(tmp_path)["images"]) == 2


def test_a_folder_that_cannot_be_learnt_from(tmp_path: Path) -> None:
    assert "expected a folder of images, found nothing there" in fault(tmp_path / "missing")
    (tmp_path / "file").write_text("")
    assert "expected a folder of images, found a file" in fault(tmp_path / "file")
    (tmp_path / "none/a").mkdir(parents=True)
    assert "expected images (PNG, JPEG, BMP, GIF, WEBP, TIFF), found none; put some there" in fault(tmp_path / "none")
    (tmp_path / "none/a/x.heic").write_text("")
    assert "found none, only 1 file that is none (1 .heic)" in fault(tmp_path / "none")
    put(tmp_path / "one", "cat/1.png")
    assert "expected a subfolder for each of at least two classes, found only 'cat'" in fault(tmp_path / "one")


def test_all_faults_at_once(tmp_path: Path) -> None:
    broken(tmp_path)
    put(tmp_path, "stray.png")
    (tmp_path / "nobody").mkdir()
    sentences = fault(tmp_path).splitlines()
    assert len(sentences) == 3
    assert "found 1 beside the subfolders: stray.png; move" in sentences[0]
    assert "found none in 'nobody'; add some" in sentences[1]
    assert "found 9 of 12 that cannot" in sentences[2]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"size": [28]}, r"size.1: expected"),
        ({"size": [0, 28]}, r"size.0: expected greater than or equal to 1, found 0"),
        ({"mode": "gray"}, r"mode: expected 'grey' or 'colour', found 'gray'"),
        ({"fit": "bend"}, r"fit: expected 'pad', 'crop' or 'stretch', found 'bend'"),
        ({"background": [0, 0, 256]}, r"background.2: expected less than or equal to 255, found 256"),
        ({"target": "file"}, r"target: expected a name other than .* found 'file'"),
    ],
)
def test_arguments_that_do_not_fit(tmp_path: Path, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DatasetError, match=sentence):
        loaded(tmp_path, **options)


def test_a_bar_shows_only_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, *(f"{number}.png" for number in range(40)))
    loaded(tmp_path)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(image_folder, "QUIET_SECONDS", -1.0)
    loaded(tmp_path)
    assert "40/40 images" in capsys.readouterr().err
