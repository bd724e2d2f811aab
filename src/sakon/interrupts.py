"""Signals that end a command: each is an interrupt, so that what is open is closed, and has its own exit status."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""What `kill`, `docker stop` or a scheduler sends; and the end of a terminal, where the system has it."""


class SignalInterrupt(KeyboardInterrupt):
    """An interrupt by another signal than that of Ctrl-C.

    Args:
        number: Number of the signal.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(signal.Signals(number).name)


@contextmanager
def signals_as_interrupts() -> Iterator[None]:
    """Raise `SignalInterrupt` on SIGTERM and SIGHUP; a signal that is ignored (`nohup`) or handled stays so."""
    handled = []
    if threading.current_thread() is threading.main_thread():
        handled = [number for number in SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    for number in handled:
        signal.signal(number, _raise)
    try:
        yield
    finally:
        for number in handled:
            signal.signal(number, signal.SIG_DFL)


def exit_status(interrupt: KeyboardInterrupt) -> int:
    """Return the status that shells give to a process that a signal ended."""
    return 128 + (interrupt.number if isinstance(interrupt, SignalInterrupt) else signal.SIGINT)


def _raise(number: int, frame: FrameType | None) -> NoReturn:
    raise SignalInterrupt(number)
