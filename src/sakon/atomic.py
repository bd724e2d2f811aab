"""Atomic writes: a file or folder appears complete or not at all."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

TEMPORARY = re.compile(
    r"\.(?P<process>\d+)(-(?P<machine>[0-9a-f]{8}))?\.(?P<role>partial|old)\.(?P<name>.+)", re.DOTALL
)
"""Name of a temporary file: process and machine that write it, what it is, name of the file that it becomes."""
FOREIGN_DAYS = 7
"""Age after which the file of a process on another machine, which cannot be asked about, is a leftover."""
CLOCK_TOLERANCE = 1.0
"""Seconds by which the clocks of files and processes may differ."""


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder to write to; it replaces `path` if no error occurs.

    A reader sees the old file or the new one, never a part of it: the new file is flushed to disk before the rename,
    which is atomic within a folder.

    Args:
        path: File to write or replace; missing folders are created.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary_path(path, "partial")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        replace_path(temporary, path)
    except Exception as error:
        _name_file(error, temporary, path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_write_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder to write to; it replaces `path`, a file or a folder, if no error occurs.

    Args:
        path: Folder to write or replace; missing parent folders are created.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary_path(path, "partial")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        yield temporary
        replace_path(temporary, path)
    except Exception as error:
        _name_file(error, temporary, path)
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def replace_path(source: Path, path: Path) -> None:
    """Replace `path` by a complete file or folder of the same parent; a folder at `path` is renamed first."""
    backup = _temporary_path(path, "old")
    if path.is_dir() or (source.is_dir() and path.exists()):
        path.rename(backup)
    source.replace(path)
    if backup.is_dir():
        shutil.rmtree(backup)
    else:
        backup.unlink(missing_ok=True)


def remove_leftovers(folders: Iterable[Path]) -> None:
    """Remove from folders, not from their subfolders, the temporary files of processes that were killed.

    A folder that a killed process had just renamed, to replace it, gets its name back.

    Args:
        folders: Folders; those that do not exist are skipped.
    """
    for path in (path for folder in folders if folder.is_dir() for path in sorted(folder.glob(".*"))):
        match = TEMPORARY.fullmatch(path.name)
        if match is None or not _is_leftover(path, int(match["process"]), match["machine"]):
            continue
        target = path.with_name(match["name"])
        with suppress(OSError):  # another process has just done the same, or the folder is read-only
            if match["role"] == "old" and not target.exists():
                path.rename(target)
            elif path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def _name_file(error: BaseException | None, temporary: Path, path: Path) -> None:
    """Let an error, or its cause, name the file that was to be written, where it names none or the temporary one."""
    while error is not None:
        if isinstance(error, OSError) and (
            error.filename is None or Path(str(error.filename)).is_relative_to(temporary)
        ):
            error.filename = str(path)
        error = error.__cause__


def _temporary_path(path: Path, role: str) -> Path:
    return path.with_name(f".{os.getpid()}-{_machine()}.{role}.{path.name}")


@cache
def _machine() -> str:
    """Return a short digest of the machine's name: processes of containers that share a folder have equal numbers."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def _is_leftover(path: Path, process: int, machine: str | None) -> bool:
    """Return whether the process that wrote a temporary file has ended."""
    import psutil

    try:
        written = path.lstat().st_mtime
    except FileNotFoundError:
        return False
    if machine not in (None, _machine()):
        return time.time() - written > FOREIGN_DAYS * 24 * 60 * 60
    try:
        writer = psutil.Process(process)
        # A process that started after the file was written has got the number of the one that wrote it.
        return bool(writer.status() == psutil.STATUS_ZOMBIE or written < writer.create_time() - CLOCK_TOLERANCE)
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
