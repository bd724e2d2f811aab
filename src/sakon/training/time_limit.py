"""The time that a family may take: a listener that ends its training in time."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sakon.training.events import StopRequest, TrainingId, TrainingListener

TIME_BUDGET = "time budget"
TRAINING_FRACTION = 0.6
"""Fraction of a family's time after which its training ends: head, figures and the record of the model follow."""
HEAD_FRACTION = 0.8
"""Fraction of a family's time after which no other candidate of its head is fitted."""
MIN_SECONDS = 10.0
"""Time that a family needs at least: libraries compile, a model is recorded."""
MAX_EVALUATION_FRACTION = 0.4
"""Fraction of a run's time that is left for evaluation at most."""
SECONDS_PER_MINUTE = 60


def now() -> float:
    """Return the time in seconds since the epoch: all processes of a machine have the same."""
    return time.time()


@dataclass(frozen=True)
class TimeLimit:
    """The time of a family.

    Attributes:
        begin: When it begins, see `now`.
        seconds: How long it may last; 0 or less if nothing is left.
        minutes: Time budget of the whole run.
    """

    begin: float
    seconds: float
    minutes: float

    @property
    def end(self) -> float:
        """When all of the family ends."""
        return self.begin + self.seconds

    @property
    def training_end(self) -> float:
        """When the training ends."""
        return self.begin + TRAINING_FRACTION * self.seconds

    @property
    def head_end(self) -> float:
        """When no other candidate of the head is fitted."""
        return self.begin + HEAD_FRACTION * self.seconds

    @property
    def is_used_up(self) -> bool:
        """Whether nothing was left when the family was to begin."""
        return self.seconds <= 0

    def shortest_minutes(self, missing_seconds: float) -> float:
        """Return the time budget of a run that would give the family so many seconds more, about.

        It is the one of the last family, which gets all that is left.
        """
        return self.minutes + missing_seconds / (1 - MAX_EVALUATION_FRACTION) / SECONDS_PER_MINUTE

    def request_before_begin(self) -> StopRequest:
        """Return the request to skip the family: its time was used up before it could begin."""
        reason = f"the time of the run ({format_duration(SECONDS_PER_MINUTE * self.minutes)}) was used up before"
        return StopRequest(TIME_BUDGET, reason, self.shortest_minutes(MIN_SECONDS - self.seconds))


class TimeLimitListener(TrainingListener):
    """Ends the training of a family, and the choice of its head, before the next part would take too long.

    A part takes as long as the trial says, else as long as the part before it. The first epoch may take all the time of
    the family: without one there is no model.

    Args:
        limit: The time of the family.
    """

    needs_trials = True

    def __init__(self, limit: TimeLimit) -> None:
        self._limit = limit
        self._end = limit.head_end
        self._begin_of_part = now()
        self._trial_begin, self._seconds_per_step = 0.0, 0.0
        self._estimate: float | None = None
        self._is_first_part = True
        self._request: StopRequest | None = None

    def on_train_begin(self, training: TrainingId, total: int, done: int, unit: str) -> None:
        """Begin to measure the training."""
        self._begin(self._limit.training_end)

    def on_train_end(self, training: TrainingId, epochs: int) -> None:
        """Begin to measure what follows: the head."""
        self._begin(self._limit.head_end)

    def on_trial_begin(self, training: TrainingId) -> None:
        """Store the time."""
        self._trial_begin = now()

    def on_trial_end(self, training: TrainingId, steps: int, total: int) -> None:
        """Estimate how long the next part takes."""
        self._seconds_per_step = (now() - self._trial_begin) / steps
        self._estimate = self._seconds_per_step * total

    def affordable_steps(self, training: TrainingId, total: int) -> int:
        """Return the number of steps that end in time; a part of fewer steps is no longer than estimated."""
        self._estimate = None
        left = max(self._end - now(), 0.0)
        return total if self._seconds_per_step * total <= left else int(left / self._seconds_per_step)

    def stop_request(self, training: TrainingId) -> StopRequest | None:
        """Return a request if the next part would end too late, and the same one from then on."""
        if self._request is None:
            self._request = self._judge(now())
        return self._request

    def _begin(self, end: float) -> None:
        self._end, self._begin_of_part = end, now()
        self._estimate, self._is_first_part, self._request = None, True, None

    def _judge(self, time_now: float) -> StopRequest | None:
        before = 0.0 if self._is_first_part else time_now - self._begin_of_part
        end = self._limit.end if self._is_first_part else self._end
        expected = before if self._estimate is None else self._estimate
        self._begin_of_part, self._estimate, self._is_first_part = time_now, None, False
        missing = time_now + expected - end
        if missing <= 0:
            return None
        left = max(end - time_now, 0.0)
        reason = f"an epoch takes about {format_duration(expected)}" if expected else "no epoch has ended"
        reason += f", and {format_duration(left)} of its share of the time budget are left"
        return StopRequest(TIME_BUDGET, reason, self._limit.shortest_minutes(missing))


def format_duration(seconds: float) -> str:
    """Return a duration in words with about two digits, such as `0.42 s`, `105 s` or `12 min`."""
    if seconds >= 2 * SECONDS_PER_MINUTE:
        return f"{seconds / SECONDS_PER_MINUTE:,.3g} min"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.2g} s"
