"""The address of an MLflow store: as a user writes it, and as MLflow reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from sakon.errors import TrackingError

SQLITE = "sqlite:///"
UNGUARDED_SQLITE = "sqlite+pysqlite:///"
"""The same database to MLflow. For `sqlite:///`, MLflow would create a folder with the escaped name of the parent."""
SQLITE_OPTIONS = frozenset((
    "uri", "timeout", "isolation_level", "detect_types", "check_same_thread", "cached_statements",
    "mode", "cache", "vfs", "psow", "nolock", "immutable",
))  # fmt: skip
"""Options of a SQLite address after `?`, of Python's driver and of SQLite itself."""
DATABASE_SUFFIXES = (".db", ".sqlite", ".sqlite3")
HOST_AND_PORT = re.compile(r"[\w.\-]+:\d+(/.*)?")
PASSWORD = re.compile(r"(?<=://)([^/@:]*):[^/@]*@")


@dataclass(frozen=True)
class StoreAddress:
    """The address of a store.

    Attributes:
        uri: Address as MLflow reads it.
        file: The SQLite file; `None` for a server or another database.
    """

    uri: str
    file: Path | None = None

    def __str__(self) -> str:
        """Return the address for messages: the path of a file; no password."""
        return str(self.file) if self.file else PASSWORD.sub(r"\1:***@", self.uri)


def sqlite_address(file: Path, options: str = "") -> StoreAddress:
    """Return the address of a SQLite file, whatever characters its path has.

    Args:
        file: Absolute path of the file.
        options: What follows the path, with its question mark.
    """
    path = str(file).replace("%", "%25").replace("?", "%3F")
    return StoreAddress(f"{SQLITE if path == str(file) else UNGUARDED_SQLITE}{path}{options}", file)


def parse_address(text: str, folder: Path, name: str) -> StoreAddress:
    """Return the store that a user means.

    Args:
        text: Address as the user wrote it.
        folder: Folder that a relative path of a SQLite file starts from.
        name: Name of the setting, for messages.

    Raises:
        TrackingError: If it is the address of no store that MLflow can use.
    """
    text = text.strip()
    scheme = urlsplit(text).scheme if ":" in text else ""
    if scheme == "sqlite" or scheme.startswith("sqlite+"):
        return _parse_sqlite(text, folder, name)
    if HOST_AND_PORT.fullmatch(text):
        raise TrackingError(
            f"{name}={text}: expected an address with its protocol, found none; write {name}=http://{text}."
        )
    if scheme == "file" or (len(scheme) <= 1 and text not in ("databricks", "databricks-uc", "uc")):
        path = Path(unquote(text.removeprefix("file:").removeprefix("//")) if scheme == "file" else text).expanduser()
        raise TrackingError(
            f"{name}={text}: expected the address of a database or of a server, found a path: MLflow has no model "
            f"registry in plain files; write {name}={sqlite_address(_database_for(folder / path)).uri}, or leave it "
            f"out to record in the project's mlflow.db."
        )
    return StoreAddress(text)


def _database_for(path: Path) -> Path:
    """Return the SQLite file that a user may want who named a path."""
    if path.suffix in DATABASE_SUFFIXES:
        return path
    return path.parent / "mlflow.db" if path.name == "mlruns" else path / "mlflow.db"


def _parse_sqlite(text: str, folder: Path, name: str) -> StoreAddress:
    rest = text.partition(":")[2]
    database = rest.removeprefix("///")
    if rest in ("", "//", "///") or ":memory:" in rest or "mode=memory" in rest:
        raise TrackingError(
            f"{name}={text}: expected a file, found a database in memory, which ends with the process; write "
            f"{name}={SQLITE}mlflow.db."
        )
    if not rest.startswith("///"):
        raise TrackingError(
            f"{name}={text}: expected three slashes before the path, found {len(rest) - len(rest.lstrip('/'))}; write "
            f"{name}={SQLITE}{rest.lstrip('/')}."
        )
    path, mark, options = database.partition("?")
    if not mark or not _are_options(options):
        path, options = database, ""  # a question mark of the file's own name
    if path.startswith("file:"):  # SQLite's own form of address, which has its own escapes
        return StoreAddress(text, folder / unquote(path.removeprefix("file:").removeprefix("//")))
    file = _file_meant(path, folder)
    return sqlite_address(file, f"?{options}" if options else "")


def _are_options(text: str) -> bool:
    options = dict(parse_qsl(text))
    return bool(options) and options.keys() <= SQLITE_OPTIONS


def _file_meant(path: str, folder: Path) -> Path:
    """Return the file of a path in an address: with its escapes resolved, or as written if only that folder exists."""
    literal, resolved = (folder / Path(text).expanduser() for text in (path, unquote(path)))
    if literal != resolved and not resolved.parent.is_dir() and literal.parent.is_dir():
        return literal
    return literal if literal.exists() and not resolved.exists() else resolved
