"""Files of models from a stranger: nothing in them runs or is written elsewhere, and the message is one sentence."""

from __future__ import annotations

import json
import os
import pickle
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import keras
import numpy as np
import pytest
from kedro.io import DatasetError
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from sakon.datasets import ModelDataset, SkopsDataset
from sakon.errors import ModelError, sentences_of
from sakon.models.formats import save_skops
from sakon.models.manifest import MANIFEST_FILE, verify_folder, verify_parts, write_manifest
from sakon.models.packed import PackedBundle


class WritesFile:
    """An object whose pickle writes a file when it is read."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str, int]]:
        return os.mkdir, (str(self.marker), 0o700)


def pickled(path: Path, marker: Path) -> None:
    path.write_bytes(pickle.dumps(WritesFile(marker)))


def lambda_layer(path: Path, marker: Path) -> None:
    inputs = keras.Input((2,))
    name = str(marker)  # Keras can store texts with the function
    keras.Model(inputs, keras.layers.Lambda(lambda x: (Path(name).touch(), x)[1])(inputs)).save(path)
    marker.unlink()  # Keras called it to build the network


def foreign_class(path: Path, marker: Path) -> None:
    """Let a network refer to a function of the standard library."""
    inputs = keras.Input((2,))
    keras.Model(inputs, keras.layers.Dense(1)(inputs)).save(path)
    dense, function = '"module": "keras.layers", "class_name": "Dense"', '"module": "os", "class_name": "mkdir"'
    change_member(path, "config.json", lambda content: content.replace(dense, function))


def foreign_type(path: Path, marker: Path) -> None:
    save_skops(FunctionTransformer(os.mkdir), path)


def outside_member(path: Path, marker: Path) -> None:
    """Add a member that would lie outside of the folder that an archive is extracted to."""
    inputs = keras.Input((2,))
    keras.Model(inputs, keras.layers.Dense(1)(inputs)).save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"../{marker.name}", "x")
        archive.writestr(str(marker), "x")


def truncated(path: Path, marker: Path) -> None:
    if path.suffix == ".skops":
        save_skops(LogisticRegression().fit([[0], [1]], [0, 1]), path)
    else:
        outside_member(path, marker)
    path.write_bytes(path.read_bytes()[:300])


def change_member(path: Path, name: str, change: Callable[[str], str]) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    content = members[name].decode()
    assert change(content) != content
    members[name] = change(content).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for member, value in members.items():
            archive.writestr(member, value)


@pytest.mark.parametrize(
    ("suffix", "attack"),
    [
        (".skops", pickled),
        (".keras", pickled),
        (".keras", lambda_layer),
        (".keras", foreign_class),
        (".skops", foreign_type),
        (".skops", truncated),
        (".keras", truncated),
    ],
)
def test_a_strangers_model_is_refused_in_one_sentence(
    tmp_path: Path, suffix: str, attack: Callable[[Path, Path], None]
) -> None:
    folder, marker = tmp_path / "models", tmp_path / "marker"
    folder.mkdir()
    attack(folder / f"model{suffix}", marker)
    path = str(folder / "model")
    dataset = SkopsDataset(filepath=f"{path}.skops") if suffix == ".skops" else ModelDataset(filepath=path)
    with pytest.raises(Exception, match=r"model") as refused:
        dataset.load()
    assert not marker.exists()
    (sentence,) = sentences_of(refused.value)
    assert "\n" not in sentence
    assert f"model{suffix}" in sentence


def test_members_of_an_archive_are_not_written_outside(tmp_path: Path) -> None:
    folder, marker = tmp_path / "models", tmp_path / "marker"
    folder.mkdir()
    outside_member(folder / "model.keras", marker)
    with suppress(DatasetError):  # it may be refused, too
        ModelDataset(filepath=str(folder / "model")).load()
    assert not marker.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["models"]


@pytest.mark.parametrize("name", ["../escape", "/tmp/escape", "folder/file", ".."])
def test_names_of_packed_files_are_no_paths(name: str) -> None:
    with pytest.raises(ModelError, match="expected names of files, found the path"):
        PackedBundle("digest", {name: b"x"}).unpack()


@pytest.fixture
def model_folder(tmp_path: Path) -> tuple[Path, str]:
    """A folder as MLflow lays out a model, and its digest."""
    folder = tmp_path / "model"
    for name in ("MLmodel", "serving.py", "requirements.txt", "code/sakon/__init__.py", "artifacts/model.skops"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder, write_manifest(folder)


@pytest.mark.parametrize("name", ["MLmodel", "serving.py", "code/sakon/__init__.py", "artifacts/model.skops"])
def test_every_file_of_a_model_is_in_its_digest(model_folder: tuple[Path, str], name: str) -> None:
    folder, digest = model_folder
    verify_folder(folder, digest)
    (folder / name).write_text("changed")
    with pytest.raises(ModelError, match=rf"^Model folder: .*found {name} changed; restore the folder"):
        verify_folder(folder, digest)
    write_manifest(folder)
    with pytest.raises(ModelError, match=f"expected {MANIFEST_FILE} as it was registered"):
        verify_folder(folder, digest)


def test_files_that_were_added_or_removed_are_named(model_folder: tuple[Path, str]) -> None:
    folder, digest = model_folder
    (folder / "code" / "numpy.py").write_text("x")
    (folder / "requirements.txt").unlink()
    with pytest.raises(ModelError, match=r"found requirements\.txt missing, code/numpy\.py added"):
        verify_folder(folder, digest)
    with pytest.raises(ModelError, match=r"found code/numpy\.py added"):
        verify_parts(folder, ("artifacts", "code", "serving.py"))


def test_bytecode_and_files_of_the_registry_do_not_count(model_folder: tuple[Path, str]) -> None:
    folder, digest = model_folder
    (folder / "code" / "sakon" / "__pycache__").mkdir()
    (folder / "code" / "sakon" / "__pycache__" / "x.pyc").write_bytes(b"x")
    (folder / "registered_model_meta").write_text("model_name: a")
    verify_folder(folder, digest)  # raises no error
    assert write_manifest(folder) == digest


@pytest.mark.parametrize("content", ["{", "[]", json.dumps({"../../etc/passwd": "0" * 64})])
def test_a_manifest_of_a_stranger_is_refused(model_folder: tuple[Path, str], content: str) -> None:
    folder, _ = model_folder
    (folder / MANIFEST_FILE).write_text(content)
    with pytest.raises(ModelError, match=r"^Model folder: expected"):
        verify_parts(folder, ("..", "artifacts"))


def test_a_model_that_is_trusted_still_loads(tmp_path: Path) -> None:
    """The refusals above come from the attacks, not from the way that the files are read."""
    inputs = keras.Input((2,))
    network = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    network.save(tmp_path / "model.keras")
    loaded = ModelDataset(filepath=str(tmp_path / "model")).load()
    x = np.ones((1, 2), np.float32)
    np.testing.assert_array_equal(loaded(x), network(x))
