"""A model bundle as bytes, to send it to another process without pickle."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sakon.errors import ModelError
from sakon.models.bundle import ModelBundle
from sakon.models.formats import FORMATS, digest_bytes


@dataclass(frozen=True)
class PackedBundle:
    """The files of a model bundle.

    Attributes:
        digest: Digest of the bundle, in hexadecimal; the same each time the same bundle is packed.
        files: Content of each file by its name.
    """

    digest: str
    files: Mapping[str, bytes]

    def unpack(self) -> ModelBundle:
        """Return the bundle.

        Raises:
            ModelError: If a file contains types that are not trusted, or lies in another folder.
        """
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for file, content in self.files.items():
                if Path(file).name != file or file == "..":  # it would be written outside of the folder
                    raise ModelError(f"Model bundle: expected names of files, found the path '{file}'.")
                (folder / file).write_bytes(content)
            return ModelBundle.load(folder)


def pack_bundle(bundle: ModelBundle) -> PackedBundle:
    """Return a bundle as bytes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle.save(folder)
        files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    return PackedBundle(_digest(files), files)


def _digest(files: Mapping[str, bytes]) -> str:
    """Return one digest of files, each by the rule of its format."""
    digest = sha256()
    for name, content in files.items():
        model_format = FORMATS.get(Path(name).suffix)
        digest.update((model_format.digest if model_format else digest_bytes)(content).encode())
    return digest.hexdigest()
