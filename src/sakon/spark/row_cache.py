"""Examples of a partition, decoded once per executor: NumPy files that all its processes map into memory.

Any idle process of an executor may get a task, so each process would otherwise decode and hold all partitions.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import fields
from pathlib import Path

import numpy as np

from sakon.atomic import atomic_write_folder
from sakon.problem import Examples
from sakon.spark.partitions import Partition, read_partition

FOLDER = "sakon-rows"


def load_examples(partition: Partition, digest: str) -> Examples:
    """Return the examples of a partition; they are decoded if no process of this executor has done so.

    The files are in the executor's own folder, which Spark removes with the executor. Files of other data are removed.

    Args:
        partition: The rows to load.
        digest: Digest of all files (`ParquetFiles.digest`).

    Raises:
        DataError: If a file is missing or damaged.
    """
    from pyspark import SparkFiles

    root = Path(SparkFiles.getRootDirectory()) / FOLDER
    folder = root / digest / hashlib.sha256(repr(partition).encode()).hexdigest()[:16]
    if not folder.is_dir():
        for other in (path for path in root.glob("*") if path.name != digest):
            shutil.rmtree(other, ignore_errors=True)
        _write_arrays(read_partition(partition), folder)
    return Examples(**{path.stem: np.load(path, mmap_mode="r") for path in folder.glob("*.npy")})


def _write_arrays(examples: Examples, folder: Path) -> None:
    with atomic_write_folder(folder) as partial:
        partial.mkdir()
        for field in fields(examples):
            if (values := getattr(examples, field.name)) is not None:
                np.save(partial / f"{field.name}.npy", values)
