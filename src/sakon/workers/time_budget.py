"""The time budget of a run, and each family's share of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sakon.training.time_limit import MAX_EVALUATION_FRACTION, MIN_SECONDS, SECONDS_PER_MINUTE, TimeLimit, now

EVALUATION_FRACTION = 0.2
"""Fraction of a run's time that is left for evaluation at least."""
MAX_MIN_SECONDS = 20.0
"""Time that a family gets at least on a slow machine, see `TimeBudget.min_seconds`."""
EVALUATION_PER_PREPARATION = 3.0
"""Time of evaluation as a multiple of that before the families: both grow with the data, and with the load."""


@dataclass(frozen=True)
class TimeBudget:
    """The time of a run.

    Attributes:
        minutes: Its length.
        begin: When the run began, in seconds since the epoch.
        preparation: Seconds until the first family began: imports, ingestion, preprocessing.
    """

    minutes: float
    begin: float
    preparation: float = 0.0

    @property
    def families_end(self) -> float:
        """When all families should have ended: evaluation follows."""
        seconds = self.minutes * SECONDS_PER_MINUTE
        evaluation = max(EVALUATION_FRACTION * seconds, EVALUATION_PER_PREPARATION * self.preparation)
        return self.begin + seconds - min(evaluation, MAX_EVALUATION_FRACTION * seconds)

    @property
    def min_seconds(self) -> float:
        """What a family gets at least while time is left: with less, it would only begin.

        It grows with the time of preparation, which says how fast the machine is at present.
        """
        return min(max(self.preparation, MIN_SECONDS), MAX_MIN_SECONDS)

    def share(self, time: float, families: int, workers: int) -> float:
        """Return the seconds of the family that begins now; 0 or less if no time is left.

        The families that have not begun divide what is left: as each worker trains one after the other, it is divided
        by the number of families that the busiest of them still trains. What earlier families did not use is left.

        Args:
            time: Present time, in seconds since the epoch.
            families: Families that have not begun, this one among them.
            workers: Families that train at the same time.
        """
        remaining = self.families_end - time
        families_in_turn = -(-families // workers)
        return min(remaining, max(remaining / families_in_turn, self.min_seconds))


class FamilyShares:
    """Gives each family of a run its share when it begins.

    Args:
        budget: The time of the run.
        families: Number of families.
        workers: Families that train at the same time.
    """

    def __init__(self, budget: TimeBudget, families: int, workers: int = 1) -> None:
        self._budget, self._waiting, self._workers = budget, families, workers

    def next_limit(self) -> TimeLimit:
        """Return the time of the family that begins now."""
        begin = now()
        if not self._budget.preparation:
            self._budget = replace(self._budget, preparation=begin - self._budget.begin)
        seconds = self._budget.share(begin, self._waiting, self._workers)
        self._waiting -= 1
        return TimeLimit(begin, seconds, self._budget.minutes)
