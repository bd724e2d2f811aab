"""Rows of a partition, decoded once per executor: files that all its processes map into memory and hold but once.

A task goes to whichever process is idle, so that each would come to hold all partitions of its executor.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import fields
from pathlib import Path

import numpy as np

from sakon.atomic import atomic_write_folder
from sakon.problem import Examples
from sakon.spark.partitions import Partition, read

FOLDER = "sakon-rows"


def rows_of(partition: Partition, digest: str) -> Examples:
    """Return the rows of a partition, decoded where no process of this executor has done so.

    The files lie in the executor's own folder, which ends with it; those of other examples are removed.

    Args:
        partition: Which rows.
        digest: Of all files that partitions are dealt from (`Files.digest`).

    Raises:
        DataError: If a file is missing or not whole.
    """
    from pyspark import SparkFiles

    root = Path(SparkFiles.getRootDirectory()) / FOLDER
    folder = root / digest / hashlib.sha256(repr(partition).encode()).hexdigest()[:16]
    if not folder.is_dir():
        for other in (each for each in root.glob("*") if each.name != digest):
            shutil.rmtree(other, ignore_errors=True)
        _write(read(partition), folder)
    return Examples(**{path.stem: np.load(path, mmap_mode="r") for path in folder.glob("*.npy")})


def _write(part: Examples, folder: Path) -> None:
    with atomic_write_folder(folder) as partial:
        partial.mkdir()
        for field in fields(part):
            if (values := getattr(part, field.name)) is not None:
                np.save(partial / f"{field.name}.npy", values)
