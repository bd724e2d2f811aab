"""Packages of a worker. This module uses the standard library only: it is sent to workers that may lack the others."""

from __future__ import annotations

import socket
from importlib.util import find_spec


def find_missing_modules(names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return the name of this host, and the modules that it cannot import."""
    return socket.gethostname(), tuple(name for name in names if find_spec(name) is None)
