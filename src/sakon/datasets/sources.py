"""Where libraries fetch data sets, how they keep them, and how the project reads what they keep."""

from __future__ import annotations

import gzip
import json
import tempfile
import zipfile
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from kedro.io import DatasetError
from pydantic import Field

from sakon.datasets.cached import CachedFile, link_all
from sakon.lazy import pd
from sakon.problem import Frozen

KERAS_DATA = "https://storage.googleapis.com/tensorflow/tf-keras-datasets"
OPENML = "https://www.openml.org/api/v1/json/data"


class Source(Frozen, ABC):
    """A data set that a library fetches: its files, and what they hold."""

    library: ClassVar[str]
    hint: ClassVar[str]

    @abstractmethod
    def files(self, folder: Path) -> tuple[CachedFile, ...]:
        """Return all files of the data set, as far as is known from those that are in `folder`."""

    @abstractmethod
    def fetch(self, files: tuple[CachedFile, ...], folder: Path) -> None:
        """Let the library put files into a folder, verified."""

    @abstractmethod
    def read(self, folder: Path) -> Any:
        """Return what verified files hold; no network, and nothing in `folder` changes."""


class _KerasSource(Source):
    library = "Keras"
    hint = "Keras keeps its own under ~/.keras"

    def fetch(self, files: tuple[CachedFile, ...], folder: Path) -> None:
        """Fetch with `keras.utils.get_file`, as `keras.datasets` does, whose loaders know one folder for all."""
        from sakon.stderr import suppressed_stderr

        with suppressed_stderr():
            from keras.utils import get_file
        for file in files:
            place = Path(file.path)
            get_file(
                place.name,
                origin=file.url,
                file_hash=(file.checksum or "").partition(":")[2] or None,
                cache_dir=str(folder),
                cache_subdir=str(place.parent),
            )


class FashionMNIST(_KerasSource):
    """Fashion-MNIST as `keras.datasets.fashion_mnist` has it: 70,000 grey images of ten sorts of clothing.

    Keras knows no checksums; these are those that Zalando Research publishes
    (https://github.com/zalandoresearch/fashion-mnist). MNIST's files have the same names.
    """

    LABELS: ClassVar[tuple[str, ...]] = (
        "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
    )  # fmt: skip
    CHECKSUMS: ClassVar[dict[str, str]] = {
        "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
    }
    FOLDER: ClassVar[str] = "datasets/fashion-mnist"

    def files(self, folder: Path) -> tuple[CachedFile, ...]:
        """Return the images and labels of both of its splits."""
        return tuple(
            CachedFile(f"{self.FOLDER}/{name}", f"{KERAS_DATA}/{name}", checksum)
            for name, checksum in self.CHECKSUMS.items()
        )

    def read(self, folder: Path) -> dict[str, np.ndarray]:
        """Return `images`, (rows, 28, 28) uint8, and `target`, (rows,) names; train before test."""
        images, labels = (
            np.concatenate([_read_idx(folder / self.FOLDER / name) for name in self.CHECKSUMS if what in name])
            for what in ("images", "labels")
        )
        return {"images": images, "target": np.array(self.LABELS)[labels]}


def _read_idx(path: Path) -> np.ndarray:
    """Read bytes in MNIST's IDX format: 0, 0, type, dimensions; each size as 4 bytes, big end first; values."""
    content = gzip.decompress(path.read_bytes())
    dimensions = content[3]
    shape = np.frombuffer(content, ">i4", dimensions, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


class IMDB(_KerasSource):
    """IMDB's 50,000 film reviews as `keras.datasets.imdb` has them: numbers of words, made text again.

    The archive is a pickle: it is read after its checksum was compared, and by a reader that knows
    nothing but arrays.
    """

    ARCHIVE: ClassVar[CachedFile] = CachedFile(
        "datasets/imdb.npz",
        f"{KERAS_DATA}/imdb.npz",
        "sha256:69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
    )
    WORDS: ClassVar[CachedFile] = CachedFile(
        "datasets/imdb_word_index.json",
        f"{KERAS_DATA}/imdb_word_index.json",
        "md5:bfafd718b763782e994055a2d397834f",
    )

    def files(self, folder: Path) -> tuple[CachedFile, ...]:
        """Return the reviews and the index of words."""
        return self.ARCHIVE, self.WORDS

    def read(self, folder: Path) -> pd.DataFrame:
        """Return `review`, words in lower case without marks, and `sentiment`, negative or positive; train first."""
        from sakon.datasets.pickled import read_lists

        index = json.loads((folder / self.WORDS.path).read_text(encoding="utf-8"))
        words = {number: word for word, number in index.items()}
        reviews: list[str] = []
        sentiments: list[np.ndarray] = []
        with zipfile.ZipFile(folder / self.ARCHIVE.path) as archive:
            for part in ("train", "test"):
                with archive.open(f"x_{part}.npy") as file:
                    reviews += [" ".join(words[number] for number in review) for review in read_lists(file)]
                with archive.open(f"y_{part}.npy") as file:
                    sentiments.append(np.lib.format.read_array(file, allow_pickle=False))
        names = np.array(["negative", "positive"], dtype=object)
        return pd.DataFrame({"review": reviews, "sentiment": names[np.concatenate(sentiments)]})


class OlivettiFaces(Source):
    """Olivetti faces as `sklearn.datasets.fetch_olivetti_faces` has them: ten grey images of each of 40 people.

    scikit-learn fetches `olivettifaces.mat`, verifies it, and keeps a pickle (`olivetti_py3.pkz`) instead,
    which it loads unverified ever after. Here the verified file is kept, and no pickle is read.
    """

    library = "scikit-learn"
    hint = "scikit-learn's olivetti_py3.pkz is a pickle and is not read"
    IMAGES_OF_EACH: ClassVar[int] = 10
    FACES: ClassVar[CachedFile] = CachedFile(
        "olivettifaces.mat",
        "https://ndownloader.figshare.com/files/5976027",
        "sha256:b612fb967f2dc77c9c62d3e1266e0c73d5fca46a4b8906c18e454d41af987794",
    )

    def files(self, folder: Path) -> tuple[CachedFile, ...]:
        """Return the one file."""
        return (self.FACES,)

    def fetch(self, files: tuple[CachedFile, ...], folder: Path) -> None:
        """Fetch with `sklearn.datasets.fetch_file`."""
        from sklearn.datasets import fetch_file

        for file in files:
            sha256 = (file.checksum or "").removeprefix("sha256:") or None
            with status(f"Fetching {file.url}"):
                fetch_file(file.url, folder=folder, local_filename=file.path, sha256=sha256, n_retries=1)

    def read(self, folder: Path) -> dict[str, np.ndarray]:
        """Return `images`, (rows, 64, 64) uint8, and `target`, (rows,) number of the person from 0."""
        from scipy.io import loadmat

        columns = loadmat(folder / self.FACES.path, variable_names=["faces"])["faces"]
        images = columns.T.reshape(-1, 64, 64).transpose(0, 2, 1)
        return {"images": np.ascontiguousarray(images), "target": np.arange(len(images)) // self.IMAGES_OF_EACH}


class OpenML(Source):
    """Any dense table of OpenML as `sklearn.datasets.fetch_openml` has it.

    OpenML's own description of the table holds the checksum of its data.

    Attributes:
        data_id: Number of the table; one number is one version, for good.
    """

    library = "scikit-learn"
    hint = "with the data that the first names; scikit-learn keeps its own under ~/scikit_learn_data"
    data_id: int = Field(gt=0)
    FOLDER: ClassVar[str] = "openml/openml.org"

    def files(self, folder: Path) -> tuple[CachedFile, ...]:
        """Return the three files that describe the table, and the data that the first of them names."""
        described = [
            CachedFile(
                f"{self.FOLDER}/api/v1/json/data/{about}{self.data_id}.gz",
                f"{OPENML}/{about}{self.data_id}",
                packed=True,
            )
            for about in ("", "features/", "qualities/")
        ]
        if not (folder / described[0].path).is_file():
            return tuple(described)
        if (fault := described[0].fault(folder)) is not None:
            raise DatasetError(fault)
        with gzip.open(folder / described[0].path) as file:
            description = json.load(file)["data_set_description"]
        path = description["url"].split("//")[-1].partition("/")[2]
        data = CachedFile(
            f"{self.FOLDER}/{path}.gz", description["url"], f"md5:{description['md5_checksum']}", packed=True
        )
        return (*described, data)

    def fetch(self, files: tuple[CachedFile, ...], folder: Path) -> None:
        """Fetch with `sklearn.datasets.fetch_openml`."""
        with status(f"Fetching table {self.data_id} of openml.org"):
            self._load(folder)

    def read(self, folder: Path) -> pd.DataFrame:
        """Return the table; labels of the target that are whole numbers, as such."""
        # In a copy, because fetch_openml removes files that it cannot read, to fetch them anew.
        with tempfile.TemporaryDirectory(dir=folder, prefix=".reading.") as copy:
            link_all(self.files(folder), folder, Path(copy))
            bunch = self._load(Path(copy))
        table: pd.DataFrame = bunch.frame
        for name in bunch.target_names:
            numbers = pd.to_numeric(table[name].astype("string"), errors="coerce")
            if table[name].dtype == "category" and numbers.notna().all() and (numbers % 1 == 0).all():
                table[name] = numbers.astype("int64")
        return table

    def _load(self, folder: Path) -> Any:
        from sklearn.datasets import fetch_openml

        return fetch_openml(data_id=self.data_id, data_home=folder, as_frame=True, parser="pandas", n_retries=1)


def status(text: str) -> AbstractContextManager[Any]:
    """Show on a terminal that something takes its time."""
    from rich.console import Console

    return Console(stderr=True).status(text)


SOURCES: dict[str, type[Source]] = {
    "fashion_mnist": FashionMNIST,
    "imdb": IMDB,
    "olivetti_faces": OlivettiFaces,
    "openml": OpenML,
}
