"""Keeps the start of TensorFlow quiet."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def suppressed_stderr() -> Iterator[None]:
    """Keep back what the process writes to standard error; show it after all if there is an error.

    TensorFlow's native code writes there before any log level is read, so environment variables alone
    do not silence its import.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield
        except BaseException:
            file.seek(0)
            os.write(kept, file.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
