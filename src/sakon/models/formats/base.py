"""What a file format of trained models has to provide."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

PACKAGE = __name__.split(".", maxsplit=1)[0]


def digest_bytes(content: bytes) -> str:
    """Return the SHA-256 of the content of a file, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class ModelFormat:
    """A file format of trained models, and how models of this format predict.

    Attributes:
        suffix: Suffix of its files, with the dot.
        accepts: Whether it can store an object.
        save: Writes a model to a path.
        load: Reads a model; raises `ModelError` for content that is not trusted.
        outputs: Returns the outputs of a model for inputs (rows, *shape), float64: class probabilities (rows, classes)
            or the standardised target (rows, 1 or horizon).
        digest: Digest of the content of a file, in hexadecimal; equal for two files of the same model if possible.
    """

    suffix: str
    accepts: Callable[[object], bool]
    save: Callable[[Any, Path], None]
    load: Callable[[Path], Any]
    outputs: Callable[[Any, np.ndarray], np.ndarray]
    digest: Callable[[bytes], str] = digest_bytes


def digest_archive(content: bytes, normalize: Callable[[str, bytes], bytes]) -> str:
    """Return the digest of the members of a ZIP file, whatever their order and times.

    Args:
        content: Content of the file.
        normalize: Returns the content of a member, given its name and content, without parts that differ between two
            files of the same model.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [normalize(name, archive.read(name)) for name in archive.namelist()]
    return digest_bytes(b"".join(sorted(hashlib.sha256(member).digest() for member in members)))
