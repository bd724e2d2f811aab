"""Atomic writes: a file or folder appears complete or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder to write to; it replaces `path` if no error occurs.

    A reader sees the old file or the new one, never a part of it: the new file is flushed to disk before the rename,
    which is atomic within a folder.

    Args:
        path: File to write or replace; missing folders are created.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.partial.{path.name}")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        replace_path(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_write_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder to write to; it replaces `path`, a file or a folder, if no error occurs.

    Args:
        path: Folder to write or replace; missing parent folders are created.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.partial.{path.name}")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        yield temporary
        replace_path(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def replace_path(source: Path, path: Path) -> None:
    """Replace `path` by a complete file or folder of the same parent; a folder at `path` is renamed first."""
    backup = path.with_name(f".{os.getpid()}.old.{path.name}")
    if path.is_dir() or (source.is_dir() and path.exists()):
        path.rename(backup)
    source.replace(path)
    if backup.is_dir():
        shutil.rmtree(backup)
    else:
        backup.unlink(missing_ok=True)
