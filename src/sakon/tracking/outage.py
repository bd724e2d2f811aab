"""An outage of the store: how long to wait for a server that does not answer, and when to ask it again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

FIRST_PAUSE = 15.0
"""Seconds after a failed call during which no other call is made; each further failure doubles them."""
MAX_PAUSE = 300.0
MAX_WAIT = 60.0
"""Seconds that a session waits at most for a server that does not answer, all failed calls together."""


class Outage:
    """Whether a server may be asked now. While it does not answer, calls fail at once, so that nothing waits for it.

    Attributes:
        reason: Why the last call failed; empty if it did not.
    """

    def __init__(self) -> None:
        self.reason = ""
        self._pause = 0.0
        self._next_call = 0.0
        self._waited = 0.0

    @property
    def is_paused(self) -> bool:
        """Whether no call is to be made now."""
        return bool(self.reason) and (self._waited >= MAX_WAIT or time.monotonic() < self._next_call)

    def begin(self, reason: str) -> None:
        """Note a call that failed."""
        self.reason = reason
        self._pause = min(max(2 * self._pause, FIRST_PAUSE), MAX_PAUSE)
        self._next_call = time.monotonic() + self._pause

    def end(self) -> None:
        """Note a call that succeeded."""
        self.reason, self._pause = "", 0.0

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Count the time of a call that fails."""
        start = time.monotonic()
        try:
            yield
        except Exception:
            self._waited += time.monotonic() - start
            raise
