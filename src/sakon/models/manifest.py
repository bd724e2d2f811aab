"""A manifest of the folder of a registered model: the SHA-256 of every file, and one digest of all.

The manifest lies in the folder, so that the model itself can find damaged files. The digest of the manifest is stored
apart from the folder, in the registry, so that whoever can change the folder cannot change both.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

from sakon.errors import ModelError
from sakon.wording import format_list

MANIFEST_FILE = "manifest.json"
REGISTRY_FILES = frozenset({"registered_model_meta"})
"""Files that MLflow adds to a folder when it copies it from the registry."""
BYTECODE_FOLDER = "__pycache__"
MAX_NAMES = 5


def write_manifest(folder: Path) -> str:
    """Write the manifest of a folder into it.

    Returns:
        The digest of the folder: SHA-256 of the manifest, in hexadecimal.
    """
    content = json.dumps(_checksums(folder), indent=1, sort_keys=True).encode()
    (folder / MANIFEST_FILE).write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def verify_folder(folder: Path, digest: str) -> None:
    """Compare a folder with the digest that was recorded when it was registered.

    Raises:
        ModelError: If a file was changed, removed or added, the manifest included.
    """
    path = folder / MANIFEST_FILE
    if not path.is_file():
        raise ModelError(f"Model folder: expected the file {MANIFEST_FILE}, found none; {_REMEDY}.")
    if file_digest(path) != digest:
        raise ModelError(f"Model folder: expected {MANIFEST_FILE} as it was registered, found another; {_REMEDY}.")
    _compare(_read_manifest(path), _checksums(folder))


def verify_parts(folder: Path, parts: Collection[str]) -> None:
    """Compare some files and subfolders of a folder with the manifest in it; without a manifest nothing is compared.

    This finds damage, not an attack: whoever changes a file can change the manifest too.

    Args:
        folder: Folder of a registered model.
        parts: Names of files and subfolders.

    Raises:
        ModelError: If a file was changed, removed or added.
    """
    path = folder / MANIFEST_FILE
    if path.is_file():
        registered, present = (
            {name: value for name, value in checksums.items() if name.split("/")[0] in parts}
            for checksums in (_read_manifest(path), _checksums(folder))
        )
        _compare(registered, present)


def remove_bytecode(folder: Path) -> None:
    """Remove bytecode from a copy of a folder: no digest covers it, and Python would run it instead of the code."""
    for path in [path for path in folder.rglob(BYTECODE_FOLDER) if path.is_dir()]:
        shutil.rmtree(path)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file by its path in the folder, but of bytecode and of what MLflow adds."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    names = {path.relative_to(folder): path for path in files if BYTECODE_FOLDER not in path.parts}
    excluded = {MANIFEST_FILE, *REGISTRY_FILES}
    return {name.as_posix(): file_digest(path) for name, path in names.items() if name.as_posix() not in excluded}


def _read_manifest(path: Path) -> dict[str, str]:
    try:
        checksums = json.loads(path.read_bytes())
    except ValueError as error:
        raise ModelError(f"Model folder: expected JSON in {MANIFEST_FILE}, found otherwise; {_REMEDY}.") from error
    if not isinstance(checksums, dict):
        raise ModelError(f"Model folder: expected checksums in {MANIFEST_FILE}, found otherwise; {_REMEDY}.")
    return checksums


def _compare(registered: Mapping[str, str], present: Mapping[str, str]) -> None:
    differences = {
        "changed": sorted(name for name in registered.keys() & present if registered[name] != present[name]),
        "missing": sorted(registered.keys() - present),
        "added": sorted(present.keys() - registered),
    }
    texts = [f"{format_list(names, MAX_NAMES)} {word}" for word, names in differences.items() if names]
    if texts:
        raise ModelError(
            f"Model folder: expected the files as they were registered, found {', '.join(texts)}; {_REMEDY}."
        )


_REMEDY = "restore the folder from a copy, or train the family again"
