"""A moved or copied project: MLflow records absolute locations of files, which then belong to another folder."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

ARTIFACTS = "mlruns"
"""Folder of the files of all experiments, next to the SQLite file."""
LOCATIONS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
"""Columns with absolute locations."""
PROBLEM_TAG = "sakon.problem"
EXPERIMENTS = f"""
    SELECT name, artifact_location FROM experiments AS experiment
    WHERE EXISTS (SELECT 1 FROM experiment_tags AS tag
                  WHERE tag.experiment_id = experiment.experiment_id AND tag.key = '{PROBLEM_TAG}')
       OR EXISTS (SELECT 1 FROM runs AS run JOIN tags AS tag ON tag.run_uuid = run.run_uuid
                  WHERE run.experiment_id = experiment.experiment_id AND tag.key = '{PROBLEM_TAG}')
"""  # noqa: S608  # constants only
"""Experiments of this project's problems, by what this project writes into them."""


def relocate(file: Path) -> None:
    """Let the store's locations start from the folder that it is in, if they start from another one.

    The folder next to which the files were recorded follows from the experiments of problems. It may still exist: then
    this store is a copy, and would write into the original. Nothing outside the store's file is changed, and the file
    in one transaction.

    Args:
        file: The SQLite file; its tables exist, and no other process migrates it.
    """
    root = file.parent.resolve()
    with closing(sqlite3.connect(file, timeout=20, isolation_level=None)) as connection:
        former = [folder for folder in _recorded_roots(connection) if _is_another(folder, root, file.name)]
        if not former:
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            changed = sum(_replace(connection, folder, root) for folder in former)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
    _report(former, root, changed)


def _recorded_roots(connection: sqlite3.Connection) -> list[Path]:
    """Return the folders next to which the files of problems were recorded."""
    roots = []
    for name, location in connection.execute(EXPERIMENTS):
        parts = urlsplit(location or "")
        path = Path(url2pathname(parts.path))
        if parts.scheme == "file" and path.name == name and path.parent.name == ARTIFACTS:
            roots.append(path.parent.parent)
    return list(dict.fromkeys(roots))


def _is_another(recorded: Path, root: Path, name: str) -> bool:
    """Return whether a recorded folder is not the present one, so that locations have to be changed."""
    if recorded == root:
        return False
    try:
        if recorded.samefile(root):  # another path to the same folder
            return False
    except OSError:
        return True
    # A SQLite file that was moved alone still has its files where they were recorded.
    was_moved_alone = not (root / ARTIFACTS).is_dir() and (recorded / ARTIFACTS).is_dir()
    return not (was_moved_alone and not (recorded / name).exists())


def _replace(connection: sqlite3.Connection, recorded: Path, root: Path) -> int:
    """Replace the beginning of all locations under a folder's artifacts; return the number of changed rows."""
    changed = 0
    forms = zip(_forms(recorded / ARTIFACTS), _forms(root / ARTIFACTS), strict=True)
    for old, new in forms:
        for table, column in LOCATIONS:
            # substr compares exactly, while LIKE has wildcards and ignores case.
            cursor = connection.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?) "  # noqa: S608  # names are constants
                f"WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                (new, len(old) + 1, old, len(old) + 1, f"{old}/"),
            )
            changed += cursor.rowcount
    return changed


def _forms(folder: Path) -> Iterator[str]:
    """Yield the forms in which MLflow writes the location of a folder."""
    yield folder.as_uri()
    if folder.as_uri() != f"file://{folder}":
        yield f"file://{folder}"
    else:
        yield f"file:{folder}"
    yield str(folder)


def _report(former: list[Path], root: Path, changed: int) -> None:
    log = logging.getLogger("sakon")
    folders = ", ".join(map(str, former))
    log.warning(
        "The MLflow store of this project recorded its files in %s, and the project is now in %s: %d locations in its "
        "mlflow.db now point here. Other folders were not changed.",
        folders, root, changed,
    )  # fmt: skip
    missing = [folder for folder in former if (folder / ARTIFACTS).is_dir() and not (root / ARTIFACTS).is_dir()]
    if missing:
        log.warning(
            "The files of runs and models were not copied: copy %s to %s, or they cannot be read here.",
            missing[0] / ARTIFACTS, root / ARTIFACTS,
        )  # fmt: skip
