"""Several workers, and the families that they are to train."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sakon.workers.jobs import FamilyJob
from sakon.workers.messages import (
    Event,
    FamilyFinished,
    FamilySkipped,
    ProcessEnded,
    SessionDescription,
    TrainFamily,
)
from sakon.workers.process import WorkerProcess
from sakon.workers.time_budget import FamilyShares

MAX_END_SECONDS = 10.0
"""Maximum time for workers to end after an interrupt."""


class WorkerPool:
    """Starts workers and gives each one family after another; a worker that has ended is replaced.

    Args:
        session: The session from which they make their own.
        size: Number of workers.
        shares: Gives every family its time; `None` if the run has no time budget.
    """

    def __init__(self, session: SessionDescription, size: int, shares: FamilyShares | None = None) -> None:
        self._session = session
        self._size, self._shares = size, shares
        self._events: queue.Queue[tuple[WorkerProcess, Event]] = queue.Queue()
        self._jobs: list[FamilyJob] = []
        self._workers = [WorkerProcess(session, self._events) for _ in range(size)]

    @property
    def is_timed(self) -> bool:
        """Whether the run has a time budget."""
        return self._shares is not None

    @property
    def is_busy(self) -> bool:
        """Whether a family is being trained, or waits for a worker, or something has happened."""
        return bool(self._jobs) or any(worker.family for worker in self._workers) or not self._events.empty()

    def submit(self, job: FamilyJob) -> None:
        """Train a family as soon as a worker is free."""
        self._jobs.append(job)
        self._assign()

    def next_event(self) -> tuple[WorkerProcess, Event] | None:
        """Return the next event of a worker, if there is one."""
        try:
            return self._apply(*self._events.get_nowait())
        except queue.Empty:
            return None

    def wait_for_event(self) -> tuple[WorkerProcess, Event]:
        """Wait for the next event of a worker and return it."""
        return self._apply(*self._events.get())

    @contextmanager
    def closing(self) -> Iterator[WorkerPool]:
        """Let the workers end at the end of the block; interrupt them if it raises an exception."""
        try:
            yield self
        except BaseException:
            self.terminate()
            raise
        self.close()

    def close(self) -> None:
        """Let all workers end, which have nothing to do."""
        for worker in self._workers:
            worker.close()
        self._wait()

    def terminate(self) -> None:
        """Interrupt all workers, and kill those that do not end in time."""
        for worker in self._workers:
            worker.terminate()
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + MAX_END_SECONDS
        try:
            for worker in self._workers:
                worker.kill_after(deadline - time.monotonic())
        except KeyboardInterrupt:  # a second Ctrl-C: at once
            for worker in self._workers:
                worker.kill_after(0.0)
            raise
        self._workers = []

    def _apply(self, worker: WorkerProcess, event: Event) -> tuple[WorkerProcess, Event]:
        """Give a worker that has finished its family the next one; replace a worker that has ended."""
        if isinstance(event, FamilyFinished):
            worker.family = ""
            self._assign()
        elif isinstance(event, ProcessEnded):
            self._workers.remove(worker)
            self._assign()
        return worker, event

    def _assign(self) -> None:
        """Give families to workers that have none; a worker that has ended is replaced if a family waits for it."""
        while self._jobs and (worker := self._idle_worker()) is not None:
            job = self._jobs.pop(0)
            limit = self._shares.next_limit() if self._shares is not None else None
            if limit is not None and limit.is_used_up:
                self._events.put((worker, FamilySkipped(job.family, limit)))
                continue
            worker.family = job.family
            worker.send(TrainFamily(job.family, frozenset(node.name for node in job.nodes), limit))

    def _idle_worker(self) -> WorkerProcess | None:
        idle = next((worker for worker in self._workers if not worker.family), None)
        if idle is None and len(self._workers) < self._size:
            idle = WorkerProcess(self._session, self._events)
            self._workers.append(idle)
        return idle
