"""What a worker has. It imports nothing but Python's own: it is sent whole, to workers that may lack all the rest."""

from __future__ import annotations

import socket
from importlib.util import find_spec


def missing_modules(names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return the name of this host, and which modules it cannot import."""
    return socket.gethostname(), tuple(name for name in names if find_spec(name) is None)
