"""Folders and arrays of images become problems, or are refused with a clear message."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sessions import SessionRecorder, configure, run

from sakon.datasets.decoding import FORMATS
from sakon.errors import DataError, ParameterError, SakonError
from sakon.onboarding.checking import check_problem
from sakon.onboarding.configuration import as_configuration
from sakon.onboarding.inference import Request, propose
from sakon.onboarding.new import NewProblem, create_problem
from sakon.onboarding.raw_files import RawFile
from sakon.onboarding.readers import find_raw_file
from sakon.problem import Schema


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
    with pytest.raises(DataError, match=r"found 2 of 11 examined .*: cat/hollow\.png \(an empty") as error:
        propose_problem(find_raw_file(tmp_path))
    assert "found 1 next to the subfolders: 2.png" in error.value.messages[0]
    assert "dog/broken.png (not a PNG" in error.value.messages[1]
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


def create_and_ingest(project: Path, data: Path, target: str | None = None) -> tuple[NewProblem, pd.DataFrame, Schema]:
    """Create a problem and run ingestion in a session.

    Returns:
        The problem, and its records and schema as stored.
    """
    configure()
    problem = create_problem(project, project / "conf", "mine", data, Request(target))
    assert check_problem(project, project / "conf", "mine").profile is not None
    recorder = SessionRecorder()
    run(project, "mine", ["ingestion", "preprocessing"], hooks=[recorder])
    assert recorder.catalog is not None
    return problem, recorder.catalog.load("records"), recorder.catalog.load("schema")


def notes_of(problem: NewProblem) -> str:
    return "; ".join(problem.proposal.raw_file.notes)


@pytest.mark.parametrize(("folder", "hidden"), [("forks", 12), ("macosx", 1)])
def test_case_leftovers_of_macos(project: Path, case_files: Path, folder: str, hidden: int) -> None:
    data = case_files / "macos-leftovers" / folder
    problem, records, schema = create_and_ingest(project, data)
    assert schema.classes == ("bottom", "top")
    assert records["label"].value_counts().to_dict() == {"top": 6, "bottom": 6}
    assert f"skipped {hidden} other file" in notes_of(problem)
    assert f"({hidden} hidden)" in notes_of(problem)


def test_case_pgm_images(project: Path, case_files: Path) -> None:
    folder = case_files / "pgm-images"
    _, records, schema = create_and_ingest(project, folder / "data")
    assert schema.classes == ("s0", "s1")
    assert len(records) == 12
    with pytest.raises(DataError, match=r"expected a folder of images \(.*\.pgm.*found only 's0'"):
        propose(find_raw_file(folder / "one"), Request())


def test_case_train_and_test_folders(project: Path, case_files: Path) -> None:
    problem, records, schema = create_and_ingest(project, case_files / "train-test-folders" / "data")
    assert schema.classes == ("cat", "dog")
    assert records["label"].value_counts().to_dict() == {"cat": 9, "dog": 9}
    assert "'test', 'train' are splits, not classes" in notes_of(problem)
    assert "the images of all splits are read together, and problem.split divides them anew" in notes_of(problem)


def test_case_twelve_bits_keep_their_levels(project: Path, case_files: Path) -> None:
    data = case_files / "twelve-bit-images" / "data"
    problem, records, schema = create_and_ingest(project, data)
    assert problem.proposal.raw_file.arguments["bits"].value == 12
    paths = sorted(data.rglob("*.png"))
    expected = np.stack([np.asarray(Image.open(path)) for path in paths])
    stored = np.stack(records["image"].tolist()).reshape(expected.shape)
    np.testing.assert_array_equal(stored, expected)
    run(project, "mine", ["baseline", "evaluation"])
    run(project, "mine", ["scoring"], scoring__data=str(data))  # read by the same catalog entry
    scored = pd.read_parquet(project / "data/02_intermediate/mine/scoring/records.parquet")
    np.testing.assert_array_equal(np.stack(scored["image"].tolist()).reshape(expected.shape), expected)
    assert schema.shape == (*expected.shape[1:], 1)


def test_an_unpacked_archive_of_macos(project: Path, tmp_path: Path) -> None:
    write_images(tmp_path / "source" / "pets", count=5, suffix=".PNG")
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        for path in (tmp_path / "source").rglob("*.PNG"):
            name = path.relative_to(tmp_path / "source").as_posix()
            archive.write(path, name)
            folder, _, file = name.rpartition("/")
            archive.writestr(f"__MACOSX/{folder}/._{file}", b"\0\5\26\7")
        archive.writestr("pets/.DS_Store", b"\0")
        archive.writestr("pets/cat/Thumbs.db", b"\0")
    with pytest.raises(DataError, match="unpack it first"):
        find_raw_file(tmp_path / "pets.zip")
    with zipfile.ZipFile(tmp_path / "pets.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    problem, records, schema = create_and_ingest(project, tmp_path / "unpacked", "animal")
    assert schema.classes == ("cat", "dog")
    assert len(records) == 10
    assert "the classes are the subfolders of 'pets'" in notes_of(problem)
    assert "skipped 12 other files (11 hidden, 1 .db)" in notes_of(problem)


def test_modes_of_any_kind_in_one_folder(project: Path, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (4, 9, 9, 3), dtype=np.uint8)
    turned = Image.Exif()
    turned[0x0112] = 6
    for number, label in enumerate(("a", "b", "c", "d")):
        image = Image.fromarray(pixels[number])
        (tmp_path / "data" / label / "deeper").mkdir(parents=True)
        folder = tmp_path / "data" / label
        image.convert("L").save(folder / "grey.PNG")
        image.save(folder / "deeper" / "colour.Tiff")
        image.quantize(32).save(folder / "palette.png")
        image.convert("CMYK").save(folder / "print.jpg")
        image.save(folder / "turned.jpeg", exif=turned)
    problem, records, schema = create_and_ingest(project, tmp_path / "data")
    assert schema.shape == (9, 9, 3)
    assert records["label"].value_counts().to_dict() == dict.fromkeys("abcd", 5)
    assert problem.proposal.raw_file.arguments["mode"].value == "colour"
    assert "bits" not in problem.proposal.raw_file.arguments


def test_size_of_turned_photographs(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    write_images(tmp_path, size=(20, 30), suffix=".jpg")
    for path in tmp_path.rglob("*.jpg"):
        Image.open(path).save(path, exif=turned)
    raw_file = find_raw_file(tmp_path)
    propose_problem(raw_file)
    assert raw_file.arguments["size"].value == [30, 20]


@pytest.mark.parametrize(
    ("dtypes", "highest", "bits"),
    [
        ([np.uint16], 1000, 10),
        ([np.uint16], 200, 9),
        ([np.uint16], 65_535, 16),
        ([np.uint8, np.uint16], 4000, 12),
        ([np.float32], 1, 32),
        ([np.int32, np.uint16], 100_000, 32),
    ],
)
def test_bits_in_use(tmp_path: Path, dtypes: list[type], highest: int, bits: int) -> None:
    rng = np.random.default_rng(0)
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        for number in range(4):
            dtype = dtypes[number % len(dtypes)]
            limit = min(highest, np.iinfo(dtype).max) if np.issubdtype(dtype, np.integer) else highest
            levels = (rng.random((6, 6)) * limit).astype(dtype)
            levels[0, 0] = limit
            Image.fromarray(levels).save(tmp_path / label / f"{number}.tif")
    raw_file = find_raw_file(tmp_path)
    propose_problem(raw_file)
    assert raw_file.arguments["bits"].value == bits
    assert raw_file.load()["images"].max() >= highest


def test_ranges_without_a_common_white_are_refused(tmp_path: Path) -> None:
    write_images(tmp_path)
    Image.fromarray(np.ones((20, 30), np.float32)).save(tmp_path / "cat" / "9.tif")
    with pytest.raises(DataError, match="found 8 with 8 bits per value and 1 with more, some of 32 bits"):
        propose_problem(find_raw_file(tmp_path))


@pytest.mark.parametrize("target", ["image", "pixels", "_label", "Bild der Klasse"])
def test_any_name_of_the_classes(project: Path, tmp_path: Path, target: str) -> None:
    _, records, schema = create_and_ingest(project, write_images(tmp_path / "data", count=6), target)
    assert schema.target == target
    assert set(records[target]) == {"cat", "dog"}


@pytest.mark.parametrize("target", ["images", "file", "_sakon_label"])
def test_names_that_are_taken_are_refused_with_the_reason(project: Path, tmp_path: Path, target: str) -> None:
    write_images(tmp_path / "data")
    with pytest.raises(SakonError, match=f"{target}.*; (choose another|rename it)"):
        create_problem(project, project / "conf", "mine", tmp_path / "data", Request(target))
