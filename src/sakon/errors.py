"""Errors that are the user's to mend: shown as plain sentences, never as a traceback."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class SakonError(Exception):
    """Something the user can mend: what was expected, what was found, what to do.

    Args:
        *faults: One sentence per fault; all that are known are reported at once.
    """

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


class DataError(SakonError):
    """The raw data do not fit the problem."""


class ParameterError(SakonError):
    """The configuration does not fit what the project knows."""


class TrackingError(SakonError):
    """The MLflow server or store cannot be used."""


class ClusterError(SakonError):
    """Spark cannot be used, or a task on it failed."""


class DivergenceError(SakonError):
    """A training lost its loss.

    Args:
        family: What was trained.
        epoch: Epoch, from 1.
        measure: Which loss: `loss` or `val_loss`.
        value: What it became.
    """

    def __init__(self, family: str, epoch: int, measure: str, value: float) -> None:
        super().__init__(
            f"Family {family}: expected a finite {measure}, found {value:g} in epoch {epoch}: the training diverged; "
            f"lower {family}.learning_rate, or raise {family}.batch_size."
        )


class FamiliesFailedError(SakonError):
    """Some families could not be trained; the others were."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `"; did you mean 'x'?"` for the known name closest to `name`, else the list of all."""
    options = sorted(known)
    close = get_close_matches(name, options, n=1)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; known are: {', '.join(options)}."
