"""A fresh MLflow store in a fraction of a second."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest


@contextmanager
def shared_tables(template: Path) -> Iterator[None]:
    """Let every new SQLite store of this process copy the tables of the first one.

    MLflow creates its tables by some fifty migrations, which take seconds, in every project that a test makes. The
    migrations themselves run once per process here, and in processes of their own in `tests/tracking/test_store.py`.
    Commits do not wait for the disk: no test is about a power failure.

    Args:
        template: File in which the tables are kept.
    """
    from mlflow.store.db import utils
    from sqlalchemy import Engine, event

    create_tables = utils._initialize_tables

    def copy_tables(engine: Any) -> None:
        if engine.dialect.name != "sqlite" or not utils._is_empty_database(engine):
            create_tables(engine)
            return
        exists = template.exists()
        if not exists:
            create_tables(engine)
        with closing(engine.raw_connection()) as connection, closing(sqlite3.connect(template)) as stored:
            store = connection.driver_connection
            source, target = (stored, store) if exists else (store, stored)
            source.backup(target)

    def do_not_wait_for_the_disk(connection: Any, _: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA synchronous = OFF")

    event.listen(Engine, "connect", do_not_wait_for_the_disk)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utils, "_initialize_tables", copy_tables)
        yield
    event.remove(Engine, "connect", do_not_wait_for_the_disk)
