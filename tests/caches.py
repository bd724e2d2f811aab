"""Small data sets in the files that Keras and scikit-learn store in their cache folders."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
from scipy.io import savemat

FASHION = "datasets/fashion-mnist"
REVIEWS = ("datasets/imdb.npz", "datasets/imdb_word_index.json")
FACES = "olivettifaces.mat"
FRAUD = "openml/openml.org"
FRAUD_DATA = "data/v1/download/1673544/creditcard.arff"
WORDS = {"the": 1, "film": 2, "was": 3, "good": 4, "bad": 5}


def checksums(folder: Path) -> dict[str, str]:
    """Return the checksum of every file of a folder by its path, as in the catalog."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files}


def write_fashion(folder: Path, server: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Write 60 + 20 images; return the images and the indices of their labels."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, size=(80, 28, 28), dtype=np.uint8)
    labels = np.arange(80, dtype=np.uint8) % 10
    target = folder if server else folder / FASHION
    target.mkdir(parents=True, exist_ok=True)
    for name, rows in (("train", slice(0, 60)), ("t10k", slice(60, 80))):
        for content, values in (("images-idx3", images[rows]), ("labels-idx1", labels[rows])):
            header = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">i4").tobytes()
            (target / f"{name}-{content}-ubyte.gz").write_bytes(gzip.compress(header + values.tobytes()))
    return images, labels


def write_reviews(folder: Path, server: bool = False) -> None:
    """Write 2 + 1 reviews of the words in `WORDS`."""
    target = folder if server else folder / "datasets"
    target.mkdir(parents=True, exist_ok=True)
    (target / "imdb_word_index.json").write_text(json.dumps(WORDS), encoding="utf-8")
    train, test = np.empty(2, dtype=object), np.empty(1, dtype=object)
    train[:], test[:] = [[1, 2, 3, 4], [5, 2]], [[4, 4, 4]]
    np.savez(target / "imdb.npz", x_train=train, y_train=np.array([1, 0]), x_test=test, y_test=np.array([1]))


def write_faces(folder: Path, people: int = 40) -> np.ndarray:
    """Write ten images of each person as in the file of Olivetti (columns, transposed); return them upright."""
    images = np.random.default_rng(0).integers(0, 256, size=(people * 10, 64, 64), dtype=np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    columns = images.transpose(0, 2, 1).reshape(len(images), -1).T
    savemat(folder / FACES, {"faces": columns, "p": np.array([1])}, do_compression=True)
    return images


def write_fraud(folder: Path, server: str | None = None, rows: int = 300) -> None:
    """Write a table as OpenML serves it (with the URL `server`), or as scikit-learn stores it."""
    rng = np.random.default_rng(0)
    label = np.arange(rows) % 10 == 0
    lines = ["@RELATION creditcard", *(f"@ATTRIBUTE '{name}' REAL" for name in ("V1", "V2", "Amount"))]
    lines += ["@ATTRIBUTE 'Class' {'0', '1'}", "@DATA"]
    lines += [
        f"{a:.4f},{b:.4f},{abs(a * 9):.2f},'{int(c)}'"
        for (a, b), c in zip(rng.normal(size=(rows, 2)), label, strict=True)
    ]
    data = "\n".join(lines).encode() + b"\n"
    feature = {"is_ignore": "false", "is_row_identifier": "false", "number_of_missing_values": "0"}
    features = [
        feature | {"index": str(i), "name": name, "data_type": "nominal" if name == "Class" else "numeric",
                   "is_target": str(name == "Class").lower()}
        for i, name in enumerate(("V1", "V2", "Amount", "Class"))
    ]  # fmt: skip
    description = {
        "id": "1597", "name": "creditcard", "version": "1", "format": "ARFF", "status": "active",
        "description": "cards", "url": f"{server or 'https://www.openml.org'}/{FRAUD_DATA}",
        "md5_checksum": hashlib.md5(data).hexdigest(),
    }  # fmt: skip
    files = {
        "api/v1/json/data/1597": json.dumps({"data_set_description": description}).encode(),
        "api/v1/json/data/features/1597": json.dumps({"data_features": {"feature": features}}).encode(),
        "api/v1/json/data/qualities/1597": json.dumps(
            {"data_qualities": {"quality": [{"name": "NumberOfInstances", "value": str(rows)}]}}
        ).encode(),
        FRAUD_DATA: data,
    }
    for path, content in files.items():
        target = folder / path if server else folder / FRAUD / f"{path}.gz"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if server else gzip.compress(content))
