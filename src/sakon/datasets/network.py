"""Asking the network without waiting for it for minutes."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from urllib.error import HTTPError
from urllib.request import Request, urlopen


class NotReachedError(Exception):
    """No server answered."""


def reach(url: str, seconds: float) -> None:
    """Wait until the server of an address answers, whatever it answers.

    Asked in a thread of its own: looking up a name heeds no timeout, and a name with ten addresses
    takes ten timeouts.

    Args:
        url: Address; a proxy of the environment is used as the libraries use it.
        seconds: Longest wait.

    Raises:
        NotReachedError: With the reason.
    """
    reasons = [f"no answer within {seconds:g} seconds"]

    def ask() -> None:
        try:
            urlopen(Request(url, method="HEAD"), timeout=seconds).close()  # noqa: S310 - only addresses of sources
        except HTTPError:
            pass
        except Exception as error:
            reason = getattr(error, "reason", error)
            reasons[:] = [str(getattr(reason, "strerror", None) or reason)]
            return
        reasons.clear()

    thread = Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if reasons:
        raise NotReachedError(reasons[0])


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Let no socket that names no timeout of its own wait longer than so many seconds for the next byte."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
