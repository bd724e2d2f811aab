"""Data sets that libraries download: verified, downloaded once, read from the cache folder."""

from __future__ import annotations

import gzip
import inspect
import json
import pickle
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any

import caches
import numpy as np
import pandas as pd
import pytest
from kedro.io import DatasetError

from sakon.datasets import FetchedDataset, library_sources
from sakon.datasets.network import UnreachableError, check_reachable

SOURCES: dict[str, tuple[Callable[[Path], Any], dict[str, Any]]] = {
    "fashion_mnist": (caches.write_fashion, {}),
    "imdb": (caches.write_reviews, {}),
    "olivetti_faces": (caches.write_faces, {}),
    "openml": (caches.write_fraud, {"data_id": 1597}),
}
PROBLEMS = {"fashion": "fashion_mnist", "reviews": "imdb", "faces": "olivetti_faces", "fraud": "openml"}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """A local server that replaces the servers of all libraries."""
    folder = tmp_path / "served"
    folder.mkdir()
    handler = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    http = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=folder))
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{http.server_port}"
    openml = import_module("sklearn.datasets._openml")
    for name in ("_DATA_INFO", "_DATA_FEATURES", "_DATA_QUALITIES"):
        monkeypatch.setattr(openml, name, getattr(openml, name).replace("https://www.openml.org", url))
    monkeypatch.setattr(library_sources, "OPENML", library_sources.OPENML.replace("https://www.openml.org", url))
    monkeypatch.setattr(library_sources, "KERAS_DATA", url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    for source, name in (("IMDB", "ARCHIVE"), ("IMDB", "WORDS"), ("OlivettiFaces", "FACES")):
        file = getattr(getattr(library_sources, source), name)
        monkeypatch.setattr(getattr(library_sources, source), name, replace(file, url=f"{url}/{Path(file.path).name}"))
    yield url, folder
    http.shutdown()
    http.server_close()
    thread.join()


def small_dataset(source: str, folder: Path) -> FetchedDataset:
    """Write small files of a source and return the data set that accepts their checksums."""
    write, arguments = SOURCES[source]
    write(folder)
    checksums = {} if source == "openml" else caches.checksums(folder)
    return FetchedDataset(source=source, filepath=str(folder), load_args=arguments, checksums=checksums)


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("no_network")
class TestOffline:
    def test_fashion(self, tmp_path: Path) -> None:
        images, labels = caches.write_fashion(tmp_path)
        raw = small_dataset("fashion_mnist", tmp_path).load()
        np.testing.assert_array_equal(raw["images"], images)
        assert raw["target"][:3].tolist() == ["T-shirt/top", "trouser", "pullover"]
        assert (raw["target"] == np.array(library_sources.FashionMNIST.LABELS)[labels]).all()

    def test_reviews(self, tmp_path: Path) -> None:
        raw = small_dataset("imdb", tmp_path).load()
        reviews = ["the film was good", "bad film", "good good good"]
        expected = pd.DataFrame({"review": reviews, "sentiment": ["positive", "negative", "positive"]})
        pd.testing.assert_frame_equal(raw, expected, check_dtype=False)

    def test_faces(self, tmp_path: Path) -> None:
        images = caches.write_faces(tmp_path)
        raw = small_dataset("olivetti_faces", tmp_path).load()
        np.testing.assert_array_equal(raw["images"], images)
        assert np.bincount(raw["target"]).tolist() == [10] * 40

    def test_fraud(self, tmp_path: Path) -> None:
        raw = small_dataset("openml", tmp_path).load()
        assert list(raw.columns) == ["V1", "V2", "Amount", "Class"]
        assert (raw["Class"].dtype, raw["Class"].sum(), len(raw)) == ("int64", 30, 300)

    @pytest.mark.parametrize("source", SOURCES)
    def test_reading_does_not_change_the_folder(self, tmp_path: Path, source: str) -> None:
        dataset = small_dataset(source, tmp_path)
        before = content(tmp_path)
        dataset.load()
        assert content(tmp_path) == before

    @pytest.mark.parametrize("source", SOURCES)
    def test_a_truncated_or_other_file_raises_and_is_not_deleted(self, tmp_path: Path, source: str) -> None:
        dataset = small_dataset(source, tmp_path)
        largest = max((path for path in tmp_path.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
        original = largest.read_bytes()
        for broken in (original[: len(original) // 2], b"another file", b"", gzip.compress(b"another file")):
            largest.write_bytes(broken)
            with pytest.raises(DatasetError, match=f"{largest.name}: expected the file of http.*delete it to download"):
                dataset.load()
            assert largest.read_bytes() == broken

    @pytest.mark.parametrize("source", ["fashion_mnist", "imdb", "olivetti_faces"])
    def test_another_version_of_a_file_raises_by_default(self, tmp_path: Path, source: str) -> None:
        SOURCES[source][0](tmp_path)
        with pytest.raises(DatasetError, match="expected the file of .* with (md5|sha256) .* found"):
            FetchedDataset(source=source, filepath=str(tmp_path)).load()

    @pytest.mark.parametrize("problem", PROBLEMS)
    def test_missing_files_without_network_raise_one_sentence(self, tmp_path: Path, problem: str) -> None:
        _, arguments = SOURCES[PROBLEMS[problem]]
        dataset = FetchedDataset(source=PROBLEMS[problem], filepath=str(tmp_path / problem), load_args=arguments)
        with pytest.raises(DatasetError) as caught:
            dataset.load()
        message = str(caught.value)
        assert all(file.path in message for file in dataset._source.files(tmp_path))
        assert str(tmp_path / problem) in message
        assert "the server is not reachable" in message
        assert "Name or service not known" in message
        assert len(message.splitlines()) == 1
        assert content(tmp_path) == {}

    def test_one_missing_file_of_several(self, tmp_path: Path) -> None:
        dataset = small_dataset("imdb", tmp_path)
        existing = tmp_path / caches.REVIEWS[0]
        (tmp_path / caches.REVIEWS[1]).unlink()
        with pytest.raises(
            DatasetError, match=r"imdb_word_index\.json: the file does not exist, and the server is not"
        ):
            dataset.load()
        assert content(tmp_path) == {caches.REVIEWS[0]: existing.read_bytes()}

    def test_scikit_learn_does_not_delete_cached_files(self, tmp_path: Path) -> None:
        dataset = small_dataset("openml", tmp_path)
        features = tmp_path / caches.FRAUD / "api/v1/json/data/features/1597.gz"
        features.write_bytes(gzip.compress(json.dumps({"data_features": {"feature": []}}).encode()))
        before = content(tmp_path)
        with pytest.raises(DatasetError):
            dataset.load()
        assert content(tmp_path) == before


class CodeExecution:
    """An object whose pickle runs code when it is loaded."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.marker,)


def test_a_pickle_that_runs_code_is_not_loaded(tmp_path: Path) -> None:
    folder, marker = tmp_path / "data", tmp_path / "executed"
    caches.write_reviews(folder)
    reviews = np.empty(1, dtype=object)
    reviews[0] = CodeExecution(marker)
    np.savez(folder / caches.REVIEWS[0], x_train=reviews, y_train=[1], x_test=reviews, y_test=[1])
    with pytest.raises(DatasetError, match="with sha256"):
        FetchedDataset(source="imdb", filepath=str(folder)).load()
    with pytest.raises(DatasetError, match="expected an array of lists, found"):
        FetchedDataset(source="imdb", filepath=str(folder), checksums=caches.checksums(folder)).load()
    assert not marker.exists()


def test_pickle_of_scikit_learn_is_not_loaded(tmp_path: Path) -> None:
    folder, marker = tmp_path / "data", tmp_path / "executed"
    dataset = small_dataset("olivetti_faces", folder)
    (folder / "olivetti_py3.pkz").write_bytes(pickle.dumps(CodeExecution(marker)))
    assert len(dataset.load()["images"]) == 400
    assert not marker.exists()


@pytest.mark.parametrize("source", SOURCES)
def test_files_are_downloaded_once_and_then_read_offline(
    server: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    url, served = server
    write, arguments = SOURCES[source]
    folder = tmp_path / "data"
    checksums = {}
    if source == "openml":
        caches.write_fraud(served, server=url)
    else:
        write(tmp_path / "copy")
        checksums = caches.checksums(tmp_path / "copy")
        for path in checksums:
            (tmp_path / "copy" / path).replace(served / Path(path).name)
    dataset = FetchedDataset(source=source, filepath=str(folder), load_args=arguments, checksums=checksums)
    first = dataset.load()
    expected = {file.path for file in dataset._source.files(folder)}
    assert set(content(folder)) == expected
    monkeypatch.setattr(socket.socket, "connect", None)
    second = dataset.load()
    assert len(first) == len(second)
    assert all(np.array_equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("source", ["fashion_mnist", "olivetti_faces"])
def test_wrong_content_from_a_server_is_not_stored(server: tuple[str, Path], tmp_path: Path, source: str) -> None:
    _, served = server
    for file in library_sources.SOURCES[source]().files(tmp_path):
        (served / Path(file.path).name).write_bytes(b"<html>Log in to this network</html>")
    dataset = FetchedDataset(source=source, filepath=str(tmp_path / "data"))
    with pytest.raises(DatasetError, match="could not download (it|them).*differs|Incomplete or corrupted"):
        dataset.load()
    assert content(tmp_path / "data") == {}


@pytest.mark.parametrize("source", SOURCES)
def test_a_file_that_the_server_lacks_raises(server: tuple[str, Path], tmp_path: Path, source: str) -> None:
    dataset = FetchedDataset(source=source, filepath=str(tmp_path / "data"), load_args=SOURCES[source][1])
    with pytest.raises(DatasetError, match="not exist, and .* could not download (it|them) .*404"):
        dataset.load()
    assert content(tmp_path / "data") == {}


def test_a_server_that_does_not_respond_raises_after_the_timeout() -> None:
    silent = socket.create_server(("127.0.0.1", 0))
    with silent, pytest.raises(UnreachableError, match=r"no response within 0\.2 seconds|timed out"):
        check_reachable(f"http://127.0.0.1:{silent.getsockname()[1]}/file", 0.2)


def test_content_equals_that_of_keras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = caches.write_fashion(tmp_path)
    caches.write_reviews(tmp_path)
    fashion, imdb = (import_module(f"keras.src.datasets.{name}") for name in ("fashion_mnist", "imdb"))
    monkeypatch.setattr(fashion, "get_file", lambda name, **_: str(tmp_path / caches.FASHION / name))
    monkeypatch.setattr(imdb, "get_file", lambda fname, **_: str(tmp_path / "datasets" / fname))
    (x_train, y_train), (x_test, y_test) = fashion.load_data()
    np.testing.assert_array_equal(np.concatenate([x_train, x_test]), images)
    np.testing.assert_array_equal(np.concatenate([y_train, y_test]), labels)
    (x_train, y_train), (x_test, y_test) = imdb.load_data(num_words=100, start_char=None, index_from=0)
    words = {number: word for word, number in imdb.get_word_index().items()}
    decoded = {" ".join(words[n] for n in x): y for x, y in zip([*x_train, *x_test], [*y_train, *y_test], strict=True)}
    raw = FetchedDataset(source="imdb", filepath=str(tmp_path), checksums=caches.checksums(tmp_path)).load()
    assert dict(zip(raw["review"], raw["sentiment"] == "positive", strict=True)) == decoded


def test_faces_equal_those_of_scikit_learn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = small_dataset("olivetti_faces", tmp_path).load()
    olivetti = import_module("sklearn.datasets._olivetti_faces")
    checksum = caches.checksums(tmp_path)[caches.FACES].removeprefix("sha256:")
    monkeypatch.setattr(olivetti, "FACES", olivetti.FACES._replace(checksum=checksum))
    faces = olivetti.fetch_olivetti_faces(data_home=tmp_path)
    np.testing.assert_array_equal(faces.target, raw["target"])
    np.testing.assert_allclose(faces.images, raw["images"] / 255, atol=1e-6)


def test_urls_and_checksums_equal_those_of_the_installed_libraries(tmp_path: Path) -> None:
    for name, source in (("fashion_mnist", library_sources.FashionMNIST()), ("imdb", library_sources.IMDB())):
        code = inspect.getsource(import_module(f"keras.src.datasets.{name}"))
        assert f"{library_sources.KERAS_DATA}/" in code
        for file in source.files(tmp_path):
            assert Path(file.path).name in code
            assert name == "fashion_mnist" or file.checksum.partition(":")[2] in code
    faces, reference = library_sources.OlivettiFaces.FACES, import_module("sklearn.datasets._olivetti_faces").FACES
    assert (faces.path, faces.url, faces.checksum) == (
        reference.filename,
        reference.url,
        f"sha256:{reference.checksum}",
    )
    openml = import_module("sklearn.datasets._openml")
    urls = [each.format(1597) for each in (openml._DATA_INFO, openml._DATA_FEATURES, openml._DATA_QUALITIES)]
    assert [file.url for file in library_sources.OpenML(data_id=1597).files(tmp_path)] == urls


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"source": "fashion"},
            "source: unknown data set 'fashion'; did you mean 'fashion_mnist'",
        ),
        ({"source": "openml"}, r"Source openml: load_args\.data_id: Field required"),
        ({"source": "imdb", "load_args": {"words": 3}}, r"Source imdb: load_args\.words: Extra inputs"),
    ],
)
def test_invalid_arguments_raise(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        FetchedDataset(filepath="data/01_raw/x", **arguments)
