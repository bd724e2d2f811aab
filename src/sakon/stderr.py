"""Suppression of messages that libraries print while they start."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def suppressed_stderr() -> Iterator[None]:
    """Suppress standard error of the process; print it after all if an exception is raised.

    TensorFlow's native code writes there before it reads any log level. Environment variables are therefore not enough
    to import it silently.
    """
    sys.stderr.flush()
    original = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield
        except BaseException:
            file.seek(0)
            os.write(original, file.read())
            raise
        finally:
            os.dup2(original, 2)
            os.close(original)
