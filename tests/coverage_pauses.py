"""Pauses of the measurement of coverage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import coverage


@contextmanager
def without_coverage() -> Iterator[None]:
    """Run lines that another test measures without measuring them again.

    Up to Python 3.11 the measurement slows every Python function down, those of TensorFlow included: a training on
    small data takes a third longer.
    """
    measurement = coverage.Coverage.current()
    if measurement is None:
        yield
        return
    measurement.stop()
    try:
        yield
    finally:
        measurement.start()
