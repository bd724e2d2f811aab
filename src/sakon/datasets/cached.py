"""Files as libraries keep them."""

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
    """A file as a library keeps it.

    Attributes:
        path: Where, within the library's folder.
        url: Address that the library fetches it from.
        checksum: `md5:…` or `sha256:…` that it must have; `None` where no one has published one.
        packed: Whether the library packed it with gzip, so that the checksum is of what is inside.
    """

    path: str
    url: str
    checksum: str | None = None
    packed: bool = False

    def fault(self, folder: Path) -> str | None:
        """Say what is wrong with the file that lies in a folder; nothing, if it is whole and the right one."""
        path = folder / self.path
        algorithm, _, wanted = (self.checksum or "md5:").partition(":")
        digest = hashlib.new(algorithm, usedforsecurity=False)
        found = ""
        with suppress(EOFError, gzip.BadGzipFile, zlib.error):
            with gzip.open(path) if self.packed else path.open("rb") as file:
                for chunk in iter(partial(file.read, 2**20), b""):
                    digest.update(chunk)
            found = digest.hexdigest()
        if found and found == (wanted or found):
            return None
        return (
            f"{path}: expected the file of {self.url}{f' with {algorithm} {wanted}' if wanted else ''}, found "
            f"{f'{algorithm} {found}' if found else 'a broken gzip file'} ({path.stat().st_size} bytes); it is "
            f"truncated or another file: remove it to fetch it anew."
        )


def link_all(files: tuple[CachedFile, ...], folder: Path, other: Path) -> None:
    """Put those files that are in a folder into another one of the same disk too, without copying if possible."""
    for file in files:
        source, target = folder / file.path, other / file.path
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                target.hardlink_to(source)
            except OSError:
                shutil.copy2(source, target)
