"""Errors that users can fix. The command line prints them as plain sentences, without a traceback."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches


class SakonError(Exception):
    """An error that the user can fix; its messages say what was expected, what was found and what to do.

    Args:
        *messages: One sentence per error; all errors known at that point are reported at once.
    """

    def __init__(self, *messages: str) -> None:
        self.messages = messages
        super().__init__("\n".join(messages))


class DataError(SakonError):
    """The raw data do not fit the problem's configuration."""


class ParameterError(SakonError):
    """A parameter or command-line option has an unknown name or an invalid value."""


class ModelError(SakonError):
    """A stored model is incomplete, was changed, or contains types that are not trusted."""


class TrackingError(SakonError):
    """The MLflow server or store cannot be used."""


class ClusterError(SakonError):
    """Spark cannot be used, or a task on it failed."""


class DivergenceError(SakonError):
    """A loss became infinite or NaN during training.

    Args:
        family: Family in training.
        epoch: Epoch, from 1.
        measure: `loss` or `val_loss`.
        value: Its value in that epoch.
    """

    def __init__(self, family: str, epoch: int, measure: str, value: float) -> None:
        super().__init__(
            f"Family {family}: expected a finite {measure}, found {value:g} in epoch {epoch}: the training diverged; "
            f"lower {family}.learning_rate, or raise {family}.batch_size."
        )


class TrainingSkippedError(SakonError):
    """A training was asked to stop before its first epoch had ended: there is no model.

    Args:
        family: Family in training.
        reason: Why, without its full stop.
        shortest_minutes: Time budget of a run in which the family would be trained, about; 0 if that is not why.
    """

    def __init__(self, family: str, reason: str, shortest_minutes: float = 0.0) -> None:
        super().__init__(f"Family {family}: not trained: {reason}.")
        self.shortest_minutes = shortest_minutes


class TimeBudgetError(SakonError):
    """The time budget of a run was too short to train any family."""


class FamiliesFailedError(SakonError):
    """At least one family could not be trained. All others were."""


def did_you_mean(name: str, options: Iterable[str]) -> str:
    """Return `"; did you mean 'x'?"` for the option closest to `name`, else a list of all options."""
    names = sorted(options)
    if close := get_close_matches(name, names, n=1):
        return f"; did you mean '{close[0]}'?"
    return f"; expected one of: {', '.join(names)}."


FULL_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
NO_PERMISSION = {errno.EACCES, errno.EPERM, errno.EROFS}
REMEDIES = {
    **dict.fromkeys(FULL_DISK, "make room on the disk and rerun the command: completed outputs were kept"),
    **dict.fromkeys(NO_PERMISSION, "change the owner or mode of the file and of its folder"),
    errno.ENOENT: "put it there, or rerun the pipeline that writes it",
    errno.EMFILE: "close other programs, or raise the limit of open files (`ulimit -n`)",
    errno.EIO: "check the disk, and restore the file from a copy",
}
"""What to do about an error of the operating system."""


def chain_of(error: BaseException, with_context: bool = False) -> Iterator[BaseException]:
    """Yield an error and its causes, the first cause last.

    Args:
        error: The error.
        with_context: Whether errors that were being handled count as causes too.
    """
    visited: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in visited:
        visited.add(id(cause))
        yield cause
        context = cause.__context__ if with_context and not cause.__suppress_context__ else None
        cause = cause.__cause__ or context


def sentences_of(error: BaseException) -> tuple[str, ...]:
    """Return what a user is told about an error: the messages of the project's own, else one about the first cause."""
    chain = list(chain_of(error))
    for each in chain:
        if isinstance(each, SakonError):
            return each.messages
    for each in chain:
        if isinstance(each, OSError) and _number_of(each) is not None:
            return (os_error_sentence(each, _path_in(error)),)
    cause = chain[-1]
    outer = str(error).splitlines()[0].rstrip(".") if str(error) else ""
    inner = " ".join(str(cause).split())
    if type(cause) is type(error):
        return (inner or type(cause).__name__,)
    if not outer:  # wrong arguments of a dataset: Kedro's message names them
        return (" ".join(str(error).split()),)
    path = _path_in(error)
    return (f"{path}: could not be read or written: {inner}." if path else f"{outer}: {inner}",)


def os_error_sentence(error: OSError, path: object = None) -> str:
    """Return one sentence for an error of the operating system.

    Args:
        error: The error.
        path: The file that was read or written, if the error does not name one.
    """
    file, number = error.filename2 or error.filename or path, _number_of(error)
    cause = os.strerror(number) if number else " ".join(str(error).split())
    if number in FULL_DISK:
        reason = f"expected room to write, found none ({cause})"
    elif number in NO_PERMISSION:
        reason = f"expected permission to read or write, found none ({cause})"
    elif number == errno.ENOENT:
        reason = "expected a file or folder, found none"
    else:
        reason = f"expected to read or write, found an error ({cause})"
    return f"{file or 'A file'}: {reason}; {REMEDIES.get(number or 0, 'check the file and its disk')}."


def _number_of(error: OSError) -> int | None:
    """Return the number of an error of the operating system; libraries that write by themselves only print it."""
    if error.errno is not None:
        return error.errno
    number = re.search(r"errno\s*=?\s*(\d+)", str(error), re.IGNORECASE)
    return int(number[1]) if number else None


def _path_in(error: BaseException) -> str:
    """Return the path in Kedro's message about a dataset; empty if there is none."""
    path = re.search(r"filepath=(?:Pure(?:Posix|Windows)Path\()?'?([^')]+)", str(error))
    return path[1] if path else ""
