"""Files in the cache folder of a library."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import zlib
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path


@dataclass(frozen=True)
class CachedFile:
    """A file in the cache folder of a library.

    Attributes:
        path: Path within the folder.
        url: URL that the library downloads it from.
        checksum: Expected checksum, `md5:…` or `sha256:…`; `None` if none is published.
        gzipped: Whether the library compressed the file with gzip; the checksum is that of the uncompressed content.
    """

    path: str
    url: str
    checksum: str | None = None
    gzipped: bool = False

    def verify(self, folder: Path) -> str | None:
        """Return an error message if the file in a folder is truncated or another file, else `None`."""
        path = folder / self.path
        algorithm, _, expected = (self.checksum or "md5:").partition(":")
        digest = self._digest(path, algorithm)
        if digest and digest == (expected or digest):
            return None
        with_checksum = f" with {algorithm} {expected}" if expected else ""
        return (
            f"{path}: expected the file of {self.url}{with_checksum}, found "
            f"{f'{algorithm} {digest}' if digest else 'a broken gzip file'} ({path.stat().st_size} bytes); it is "
            f"truncated or another file: delete it to download it again."
        )

    def _digest(self, path: Path, algorithm: str) -> str:
        """Return the checksum of the (uncompressed) content; empty if it cannot be uncompressed."""
        digest = hashlib.new(algorithm, usedforsecurity=False)
        with suppress(EOFError, gzip.BadGzipFile, zlib.error):
            with gzip.open(path) if self.gzipped else path.open("rb") as file:
                for chunk in iter(partial(file.read, 2**20), b""):
                    digest.update(chunk)
            return digest.hexdigest()
        return ""


def link_files(files: tuple[CachedFile, ...], source_folder: Path, target_folder: Path) -> None:
    """Hard-link the files that exist in one folder into another folder; copy them if links are not possible."""
    for file in files:
        source, target = source_folder / file.path, target_folder / file.path
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                target.hardlink_to(source)
            except OSError:
                shutil.copy2(source, target)
