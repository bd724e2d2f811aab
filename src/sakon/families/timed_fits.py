"""Heads in the time that a family has: fewer iterations of scikit-learn models, fewer samples of a generator."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sakon.lazy import Estimator, Network
from sakon.problem import Problem
from sakon.training.events import StopRequest, TrainingEvents
from sakon.training.time_limit import TIME_BUDGET

TRIAL_ITERATIONS = 5
TRIAL_SAMPLES = 256
SAMPLING_FRACTION = 1 / 2
"""Fraction of the time for a head in which samples are drawn; models are fitted on them in the rest."""


class TimedFits:
    """Fits several scikit-learn models in the time that is left for all of them.

    Args:
        events: Their listeners may end the fits, and say how many iterations a model may take.
        total: Number of models.
    """

    def __init__(self, events: TrainingEvents, total: int) -> None:
        self._events = events
        self._total = self._left = total
        self._complete = 0
        self._stop: StopRequest | None = None

    def may_continue(self) -> bool:
        """Return whether there is time for another model; ask it before each."""
        self._stop = self._events.stop_request()
        return self._stop is None

    def fit(self, model: Estimator, fit: Callable[[Estimator], object]) -> Estimator:
        """Fit a model; with fewer iterations if its part of the time does not suffice for all.

        Args:
            model: Unfitted model. One without `max_iter` is fitted as it is.
            fit: Fits a model in place.

        Returns:
            The fitted model.
        """
        from sklearn.base import clone

        models, self._left = max(self._left, 1), self._left - 1
        iterations = model.get_params(deep=False).get("max_iter") or 0
        affordable = iterations
        if self._events.needs_trials and iterations > TRIAL_ITERATIONS:
            trial = clone(model).set_params(max_iter=TRIAL_ITERATIONS)
            self._events.begin_trial()
            fit(trial)
            self._events.end_trial(TRIAL_ITERATIONS, iterations)
            affordable = min(self._events.affordable_steps(iterations * models) // models, iterations)
            if affordable <= TRIAL_ITERATIONS:
                return trial
            model.set_params(max_iter=affordable)
        fit(model)
        self._complete += affordable == iterations
        return model

    @property
    def stopped_by(self) -> str:
        """What ended the fits before all models had all their iterations; empty if nothing did."""
        if self._complete == self._total:
            return ""
        return TIME_BUDGET if self._stop is None else self._stop.by

    def stopped_after(self, unit: str) -> str:
        """Return how many models were fitted with all their iterations, such as `2 of 5 heads`; empty if all were."""
        return f"{self._complete} of {self._total} {unit}" if self.stopped_by else ""


def affordable_samples(network: Network, y: np.ndarray, problem: Problem, events: TrainingEvents) -> np.ndarray:
    """Return the rows of the targets that samples are drawn for: all, or a random part if there is no time for all.

    Args:
        network: Has `sample(y, seed)`.
        y: Targets, (rows,) or (rows, horizon).
        problem: Its seed.
        events: Receive a trial of some samples, if they need one.
    """
    rows = np.arange(len(y))
    if not events.needs_trials or len(y) <= TRIAL_SAMPLES:
        return rows
    network.sample(y[:TRIAL_SAMPLES], problem.seed)  # it compiles
    events.begin_trial()
    network.sample(y[:TRIAL_SAMPLES], problem.seed)
    events.end_trial(TRIAL_SAMPLES, len(y))
    count = int(SAMPLING_FRACTION * events.affordable_steps(int(len(y) / SAMPLING_FRACTION)))
    chosen = np.random.default_rng(problem.seed).permutation(len(y))[: max(count, TRIAL_SAMPLES)]
    return rows if count >= len(y) else np.sort(chosen)
