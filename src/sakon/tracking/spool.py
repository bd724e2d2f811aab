"""What waits to be recorded while the MLflow server does not respond: operations as JSON lines, and their files."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from sakon.atomic import atomic_write
from sakon.tracking import operations as ops
from sakon.tracking.execution import OperationExecutor
from sakon.tracking.names import file_name
from sakon.tracking.versions import LoggedVersion

SPOOL = Path("data", "mlflow_spool")
"""Folder of all spools in the project."""
OPERATIONS, SESSION, PROGRESS, FILES, LOCK = "operations.jsonl", "session.json", "progress.json", "files", "lock"


class SpooledSession(BaseModel):
    """What a later process needs to know of the session that wrote a spool.

    Attributes:
        uri: Address of the store.
        problem: Name of the problem.
        parameters: Its parameters, as JSON.
    """

    model_config = ConfigDict(frozen=True)

    uri: str
    problem: str
    parameters: dict[str, Any]


class Progress(BaseModel):
    """How many operations of a spool are executed, and the runs and versions that they use.

    Attributes:
        done: Number of operations.
        ids: Run ids by name.
        versions: Model versions by name of the run.
    """

    model_config = ConfigDict(frozen=True)

    done: int = 0
    ids: dict[str, str] = {}
    versions: dict[str, dict[str, str | None]] = {}


class Spool:
    """The spool of one session. Its folder exists only while operations wait.

    Args:
        folder: Folder of the spool.
    """

    def __init__(self, folder: Path) -> None:
        from filelock import FileLock

        self.folder = folder
        self.waiting = 0
        self._lock = FileLock(folder / LOCK)
        self._files = 0

    @classmethod
    def create(cls, project: Path, problem: str) -> Spool:
        """Return the spool of a new session; nothing is written."""
        return cls(project / SPOOL / file_name(problem) / f"{time.time_ns()}-{os.getpid()}")

    def begin(self, session: SpooledSession, executor: OperationExecutor) -> None:
        """Create the folder, and note the runs that are open."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock.acquire(timeout=0)
        with atomic_write(self.folder / SESSION) as path:
            path.write_text(session.model_dump_json(), encoding="utf-8")
        self._save_progress(0, executor)

    def append(self, operation: ops.Operation) -> None:
        """Add an operation, with copies of its files as they are now."""
        files = getattr(operation, "files", None)
        if files:
            stored = {name: str(self._store(Path(path))) for name, path in files.items()}
            operation = operation.model_copy(update={"files": stored})
        with (self.folder / OPERATIONS).open("a", encoding="utf-8") as file:
            file.write(f"{operation.model_dump_json()}\n")
            file.flush()
            os.fsync(file.fileno())
        self.waiting += 1

    def operations(self) -> Iterator[tuple[int, ops.Operation]]:
        """Yield the operations that wait, each with the number of operations done after it.

        The last line is left out if the process was killed while it wrote it.
        """
        path = self.folder / OPERATIONS
        if not path.exists():
            return
        done = self.progress().done
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if number > done:
                try:
                    yield number, ops.OPERATION.validate_json(line)
                except ValidationError:
                    continue

    def progress(self) -> Progress:
        """Return what is executed."""
        return Progress.model_validate_json((self.folder / PROGRESS).read_bytes())

    def flush(self, executor: OperationExecutor) -> Iterator[tuple[ops.Operation, Exception | None]]:
        """Execute the operations that wait, in order, and yield each with the error that it raised, if any.

        The caller stops at an error after which the rest cannot succeed either; an operation with another error is
        dropped. When all are executed, the folder is removed.
        """
        for number, operation in self.operations():
            error: Exception | None = None
            try:
                executor.execute(self._with_paths(operation))
            except Exception as caught:
                error = caught
            if error is None:
                self._finish(number, executor)
            yield operation, error
            if error is not None:
                self._finish(number, executor)
        self.remove()

    def remove(self) -> None:
        """Remove the folder."""
        self._lock.release()
        self.waiting = 0
        shutil.rmtree(self.folder, ignore_errors=True)

    def release(self) -> None:
        """Let a later process execute what waits."""
        self._lock.release()

    def take(self) -> SpooledSession | None:
        """Take over the spool of a session that has ended; `None` if it has not, or if the spool cannot be read."""
        from filelock import Timeout

        try:
            self._lock.acquire(timeout=0)
        except (Timeout, OSError):
            return None
        try:
            session = SpooledSession.model_validate_json((self.folder / SESSION).read_bytes())
            self.progress()
        except (OSError, ValidationError):
            self._lock.release()
            return None
        self.waiting = sum(1 for _ in self.operations())
        return session

    def restore(self, executor: OperationExecutor) -> None:
        """Give an executor the runs and versions that the operations use."""
        progress = self.progress()
        executor.ids.update(progress.ids)
        for name, version in progress.versions.items():
            executor.versions[name] = LoggedVersion(str(version["number"]), version["model_id"])

    def _finish(self, done: int, executor: OperationExecutor) -> None:
        self._save_progress(done, executor)
        self.waiting = max(self.waiting - 1, 0)

    def _save_progress(self, done: int, executor: OperationExecutor) -> None:
        versions = {name: asdict(version) for name, version in executor.versions.items()}
        progress = Progress(done=done, ids=executor.ids, versions=versions)
        with atomic_write(self.folder / PROGRESS) as path:
            path.write_text(progress.model_dump_json(), encoding="utf-8")

    def _store(self, path: Path) -> Path:
        """Return where a file is stored within the folder; its name stays, as MLflow shows it."""
        self._files += 1
        name = Path(FILES, str(self._files), path.name)
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            # This project replaces files and does not change them, so a link stays as the file is now.
            os.link(path, target)
        except OSError:
            shutil.copyfile(path, target)
        return name

    def _with_paths(self, operation: ops.Operation) -> ops.Operation:
        files = getattr(operation, "files", None)
        if not files:
            return operation
        return operation.model_copy(update={"files": {name: str(self.folder / path) for name, path in files.items()}})


def waiting_spools(project: Path) -> list[Spool]:
    """Return the spools of all earlier sessions, the oldest first."""
    folders = [path.parent for path in (project / SPOOL).glob(f"*/*/{SESSION}")]
    return [Spool(folder) for folder in sorted(folders, key=lambda folder: folder.name)]


def as_json(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return typed parameters as JSON can hold them."""
    plain = {
        key: value.model_dump(mode="json") if isinstance(value, BaseModel) else value
        for key, value in parameters.items()
    }
    content: dict[str, Any] = json.loads(json.dumps(plain, default=str))
    return content
