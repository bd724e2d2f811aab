"""Files that appear complete or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; it takes the place of `path` when all went well.

    A reader sees the old file or the new one, never a part: the new file is on disk before the
    rename, which is atomic within a folder.

    Args:
        path: The file to write or replace; missing folders are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{os.getpid()}.partial.{path.name}")
    try:
        yield partial
        with partial.open("rb+") as written:
            os.fsync(written.fileno())
        replace_path(partial, path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def atomic_write_folder(path: Path) -> Iterator[Path]:
    """Yield a folder beside `path` to write to; it takes the place of `path`, file or folder, when all went well.

    Args:
        path: The folder to write or replace; missing folders above it are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{os.getpid()}.partial.{path.name}")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        yield partial
        replace_path(partial, path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def replace_path(made: Path, path: Path) -> None:
    """Let a whole file or folder take the place of what is at `path`: a folder there is moved aside first."""
    aside = path.with_name(f".{os.getpid()}.old.{path.name}")
    if path.is_dir() or (made.is_dir() and path.exists()):
        path.rename(aside)
    made.replace(path)
    if aside.is_dir():
        shutil.rmtree(aside)
    else:
        aside.unlink(missing_ok=True)
