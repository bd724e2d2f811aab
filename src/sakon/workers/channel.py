"""Messages over the pipes between the main process and a worker that it has started."""

from __future__ import annotations

import pickle
import threading
from typing import IO, Any


class Channel:
    """Sends and receives messages.

    Messages are pickled, as Python's own `multiprocessing` does: nobody else can write to the pipes of a child process.

    Args:
        source: Stream to receive from.
        target: Stream to send to.
    """

    def __init__(self, source: IO[bytes], target: IO[bytes]) -> None:
        self._source = source
        self._target = target
        self._guard = threading.Lock()  # log records come from several threads

    def send(self, message: object) -> None:
        """Send a message.

        Raises:
            OSError: If the other process has ended.
        """
        content = pickle.dumps(message)
        with self._guard:
            self._target.write(content)
            self._target.flush()

    def receive(self) -> Any:
        """Wait for a message and return it.

        Raises:
            EOFError: If the other process has ended.
        """
        try:
            return pickle.load(self._source)  # noqa: S301  # the other process is this one's child or parent
        except (pickle.UnpicklingError, OSError, ValueError) as error:  # it ended in the middle of a message
            raise EOFError from error

    def close(self) -> None:
        """Tell the other process that no message follows."""
        try:
            self._target.close()
        except OSError:  # it has ended with messages unread
            return
