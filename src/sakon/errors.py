"""Errors that users can fix. The command line prints them as plain sentences, without a traceback."""

from __future__ import annotations

from collections.abc import Iterable
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


class FamiliesFailedError(SakonError):
    """At least one family could not be trained. All others were."""


def did_you_mean(name: str, options: Iterable[str]) -> str:
    """Return `"; did you mean 'x'?"` for the option closest to `name`, else a list of all options."""
    names = sorted(options)
    if close := get_close_matches(name, names, n=1):
        return f"; did you mean '{close[0]}'?"
    return f"; expected one of: {', '.join(names)}."
