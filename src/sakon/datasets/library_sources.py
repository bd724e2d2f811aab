"""Data sets that Keras and scikit-learn download: their files, and how to read them."""

from __future__ import annotations

import gzip
import json
import tempfile
import zipfile
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from kedro.io import DatasetError
from pydantic import Field

from sakon.datasets.library_files import CachedFile, link_files
from sakon.lazy import pd
from sakon.problem import Frozen

KERAS_DATA = "https://storage.googleapis.com/tensorflow/tf-keras-datasets"
OPENML = "https://www.openml.org/api/v1/json/data"


if TYPE_CHECKING:
    RawData = dict[str, np.ndarray] | pd.DataFrame  # arrays of images by name, or a table


class LibrarySource(Frozen, ABC):
    """A data set that a library downloads: its files and their content."""

    library: ClassVar[str]
    hint: ClassVar[str]

    @abstractmethod
    def files(self, folder: Path) -> tuple[CachedFile, ...]:
        """Return the files of the data set that are known from the content of `folder`."""

    @abstractmethod
    def fetch(self, files: tuple[CachedFile, ...], folder: Path) -> None:
        """Download files into a folder with the library, which verifies them."""

    @abstractmethod
    def read(self, folder: Path) -> RawData:
        """Return the content of verified files, without network access and without changes to `folder`."""


class _KerasSource(LibrarySource):
    library = "Keras"
    hint = "Keras stores its files in ~/.keras"

    def fetch(self, files: tuple[CachedFile, ...], folder: Path) -> None:
        """Download with `keras.utils.get_file`, as the loaders of `keras.datasets` do, which only use `~/.keras`."""
        from sakon.stderr import suppressed_stderr

        with suppressed_stderr():
            from keras.utils import get_file
        for file in files:
            path = Path(file.path)
            get_file(
                path.name,
                origin=file.url,
                file_hash=(file.checksum or "").partition(":")[2] or None,
                cache_dir=str(folder),
                cache_subdir=str(path.parent),
            )


class FashionMNIST(_KerasSource):
    """Fashion-MNIST as in `keras.datasets.fashion_mnist`: 70,000 grey images of ten kinds of clothing.

    Keras has no checksums of these files, so they are verified with those that Zalando Research publishes
    (https://github.com/zalandoresearch/fashion-mnist). The files of MNIST have the same names.
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
        """Return the images and labels of both splits."""
        return tuple(
            CachedFile(f"{self.FOLDER}/{name}", f"{KERAS_DATA}/{name}", checksum)
            for name, checksum in self.CHECKSUMS.items()
        )

    def read(self, folder: Path) -> dict[str, np.ndarray]:
        """Return `images`, (rows, 28, 28) uint8, and `target`, (rows,) names; train first."""
        images, labels = (
            np.concatenate([_read_idx(folder / self.FOLDER / name) for name in self.CHECKSUMS if content in name])
            for content in ("images", "labels")
        )
        return {"images": images, "target": np.array(self.LABELS)[labels]}


def _read_idx(path: Path) -> np.ndarray:
    """Read bytes in the IDX format of MNIST: 0, 0, type, number of dimensions; sizes (4 bytes, big endian); values."""
    content = gzip.decompress(path.read_bytes())
    dimensions = content[3]
    shape = np.frombuffer(content, ">i4", dimensions, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


class IMDB(_KerasSource):
    """The 50,000 film reviews of IMDB as in `keras.datasets.imdb`, converted from word numbers back to text.

    The archive contains pickles. It is read only after its checksum was verified, by an unpickler that loads arrays
    only.
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
        """Return the reviews and the word index."""
        return self.ARCHIVE, self.WORDS

    def read(self, folder: Path) -> pd.DataFrame:
        """Return `review`, lower-case words without punctuation, and `sentiment`, negative or positive; train first."""
        from sakon.datasets.safe_unpickling import read_lists

        index = json.loads((folder / self.WORDS.path).read_text(encoding="utf-8"))
        words = {number: word for word, number in index.items()}
        reviews: list[str] = []
        sentiments: list[np.ndarray] = []
        with zipfile.ZipFile(folder / self.ARCHIVE.path) as archive:
            for split in ("train", "test"):
                with archive.open(f"x_{split}.npy") as file:
                    reviews += [" ".join(words[number] for number in review) for review in read_lists(file)]
                with archive.open(f"y_{split}.npy") as file:
                    sentiments.append(np.lib.format.read_array(file, allow_pickle=False))
        names = np.array(["negative", "positive"], dtype=object)
        return pd.DataFrame({"review": reviews, "sentiment": names[np.concatenate(sentiments)]})


class OlivettiFaces(LibrarySource):
    """Olivetti faces as in `sklearn.datasets.fetch_olivetti_faces`: ten grey images of each of 40 people.

    scikit-learn downloads and verifies `olivettifaces.mat`, but stores a pickle of it (`olivetti_py3.pkz`), which it
    later loads without verification. This class stores the verified file and reads no pickle.
    """

    library = "scikit-learn"
    hint = "the file olivetti_py3.pkz of scikit-learn is a pickle and is not read"
    IMAGES_PER_PERSON: ClassVar[int] = 10
    FACES: ClassVar[CachedFile] = CachedFile(
        "olivettifaces.mat",
        "https://ndownloader.figshare.com/files/5976027",
        "sha256:b612fb967f2dc77c9c62d3e1266e0c73d5fca46a4b8906c18e454d41af987794",
    )

    def files(self, folder: Path) -> tuple[CachedFile, ...]:
        """Return the only file."""
        return (self.FACES,)

    def fetch(self, files: tuple[CachedFile, ...], folder: Path) -> None:
        """Download with `sklearn.datasets.fetch_file`."""
        from sklearn.datasets import fetch_file

        for file in files:
            sha256 = (file.checksum or "").removeprefix("sha256:") or None
            with show_status(f"Downloading {file.url}"):
                fetch_file(file.url, folder=folder, local_filename=file.path, sha256=sha256, n_retries=1)

    def read(self, folder: Path) -> dict[str, np.ndarray]:
        """Return `images`, (rows, 64, 64) uint8, and `target`, (rows,), the number of the person, from 0."""
        from scipy.io import loadmat

        columns = loadmat(folder / self.FACES.path, variable_names=["faces"])["faces"]
        images = columns.T.reshape(-1, 64, 64).transpose(0, 2, 1)
        return {"images": np.ascontiguousarray(images), "target": np.arange(len(images)) // self.IMAGES_PER_PERSON}


class OpenML(LibrarySource):
    """Any dense table of OpenML as in `sklearn.datasets.fetch_openml`.

    OpenML's description of the table contains the checksum of its data.

    Attributes:
        data_id: Identifier of one version of the table.
    """

    library = "scikit-learn"
    hint = "and the data file that the first of them names; scikit-learn stores its files in ~/scikit_learn_data"
    data_id: int = Field(gt=0)
    FOLDER: ClassVar[str] = "openml/openml.org"

    def files(self, folder: Path) -> tuple[CachedFile, ...]:
        """Return the three files that describe the table, and the data file that the first of them names."""
        descriptions = [
            CachedFile(
                f"{self.FOLDER}/api/v1/json/data/{part}{self.data_id}.gz",
                f"{OPENML}/{part}{self.data_id}",
                gzipped=True,
            )
            for part in ("", "features/", "qualities/")
        ]
        if not (folder / descriptions[0].path).is_file():
            return tuple(descriptions)
        if (error := descriptions[0].verify(folder)) is not None:
            raise DatasetError(error)
        with gzip.open(folder / descriptions[0].path) as file:
            description = json.load(file)["data_set_description"]
        path = description["url"].split("//")[-1].partition("/")[2]
        data = CachedFile(
            f"{self.FOLDER}/{path}.gz", description["url"], f"md5:{description['md5_checksum']}", gzipped=True
        )
        return (*descriptions, data)

    def fetch(self, files: tuple[CachedFile, ...], folder: Path) -> None:
        """Download with `sklearn.datasets.fetch_openml`."""
        with show_status(f"Downloading table {self.data_id} of openml.org"):
            self._load(folder)

    def read(self, folder: Path) -> pd.DataFrame:
        """Return the table; a categorical target of whole numbers becomes int64."""
        # From a copy, because fetch_openml deletes files that it cannot read and downloads them again.
        with tempfile.TemporaryDirectory(dir=folder, prefix=".reading.") as copy:
            link_files(self.files(folder), folder, Path(copy))
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


def show_status(text: str) -> AbstractContextManager[object]:
    """Show a text with a spinner on the terminal for the duration of the context."""
    from rich.console import Console

    return Console(stderr=True).status(text)


SOURCES: dict[str, type[LibrarySource]] = {
    "fashion_mnist": FashionMNIST,
    "imdb": IMDB,
    "olivetti_faces": OlivettiFaces,
    "openml": OpenML,
}
