"""Network access with short timeouts."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from urllib.error import HTTPError
from urllib.request import Request, urlopen


class UnreachableError(Exception):
    """No server responded."""


def check_reachable(url: str, seconds: float) -> None:
    """Wait until the server of a URL responds with any status.

    The request runs in its own thread because name lookup has no timeout, and because a name with ten addresses waits
    for ten timeouts.

    Args:
        url: URL; a proxy of the environment is used as in the libraries.
        seconds: Timeout.

    Raises:
        UnreachableError: With the reason, if no server responds in time.
    """
    reasons = [f"no response within {seconds:g} seconds"]

    def request() -> None:
        try:
            urlopen(Request(url, method="HEAD"), timeout=seconds).close()  # noqa: S310 - only URLs of data sources
        except HTTPError:
            pass
        except Exception as error:
            reason = getattr(error, "reason", error)
            reasons[:] = [str(getattr(reason, "strerror", None) or reason)]
            return
        reasons.clear()

    thread = Thread(target=request, daemon=True)
    thread.start()
    thread.join(seconds)
    if reasons:
        raise UnreachableError(reasons[0])


@contextmanager
def default_socket_timeout(seconds: float) -> Iterator[None]:
    """Set the timeout of all sockets that do not set their own, for the duration of the context."""
    previous = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(previous)
