"""Models and samples of a head in the time that is left; all of them where nobody limits the time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from listeners import StopAfter
from sklearn.linear_model import LogisticRegression, Ridge

from sakon.families.heads import linear_candidates, select_head
from sakon.families.timed_fits import TRIAL_ITERATIONS, TRIAL_SAMPLES, TimedFits, affordable_samples
from sakon.problem import Examples, InputSpec, Problem
from sakon.training.events import TrainingEvents, TrainingId

PROBLEM = Problem(kind="tabular", target="y", metric="accuracy")
SPEC = InputSpec(kind="tabular", task="classification", shape=(3,), classes=(0, 1, 2), fingerprint="f")
X = np.random.default_rng(0).normal(size=(600, 3)).astype(np.float32)
EXAMPLES = Examples(X, np.digitize(X[:, 0] + X[:, 1], [-0.5, 0.5]).astype(np.int32), np.arange(600))


class Limit(StopAfter):
    """Allows a share of the steps, and some models."""

    def __init__(self, share: float = 1.0, models: int = 99) -> None:
        super().__init__(models, needs_trials=True)
        self.share = share

    def affordable_steps(self, training: TrainingId, total: int) -> int:
        return int(self.share * total)


def events_with(limit: Limit) -> TrainingEvents:
    events = TrainingEvents("mlp")
    events.subscribe(limit)
    return events


def fitted(limit: Limit | None, model: Any) -> tuple[Any, TimedFits]:
    fits = TimedFits(events_with(limit) if limit else TrainingEvents(), total=1)
    return fits.fit(model, lambda each: each.fit(X, EXAMPLES.y)), fits


@pytest.mark.parametrize(
    ("limit", "iterations", "after"),
    [
        (None, 40, ""),
        (Limit(), 40, ""),
        (Limit(0.5), 20, "0 of 1 heads"),
        (Limit(0.0), TRIAL_ITERATIONS, "0 of 1 heads"),
    ],
)
def test_a_model_gets_the_iterations_that_there_is_time_for(limit: Limit | None, iterations: int, after: str) -> None:
    model, fits = fitted(limit, LogisticRegression(max_iter=40))
    assert model.max_iter == iterations
    assert fits.stopped_after("heads") == after
    assert fits.stopped_by == ("time budget" if after else "")
    assert limit is None or limit.trials == [(TRIAL_ITERATIONS, 40)]


def test_a_model_without_iterations_is_fitted_as_it_is() -> None:
    limit = Limit(0.0)
    _, fits = fitted(limit, Ridge())
    assert limit.trials == []
    assert fits.stopped_by == ""


def test_models_share_the_time() -> None:
    class Steps(Limit):
        """Allows 60 steps in all."""

        def affordable_steps(self, training: TrainingId, total: int) -> int:
            return min(60, total)

    fits = TimedFits(events_with(Steps()), total=3)
    models = [fits.fit(LogisticRegression(max_iter=40), lambda each: each.fit(X, EXAMPLES.y)) for _ in range(3)]
    assert [model.max_iter for model in models] == [20, 30, 40]
    assert fits.stopped_after("models") == "1 of 3 models"


@pytest.mark.parametrize(("models", "expected"), [(0, "1 of 5 heads"), (3, "3 of 5 heads"), (5, "")])
def test_the_choice_of_a_head_ends_after_one_candidate_at_least(models: int, expected: str) -> None:
    candidates = linear_candidates(SPEC, X.shape)
    events = events_with(Limit(models=models))
    head = select_head(candidates, EXAMPLES, EXAMPLES, SPEC, PROBLEM, "linear probe", events=events)
    assert head.stopped_after == expected
    assert head.stopped_by == ("a test" if expected else "")
    if not expected:
        whole = select_head(linear_candidates(SPEC, X.shape), EXAMPLES, EXAMPLES, SPEC, PROBLEM, "linear probe")
        np.testing.assert_array_equal(head.layers[0][0], whole.layers[0][0])


class Generator:
    """Counts the samples that it draws."""

    def __init__(self) -> None:
        self.drawn = 0

    def sample(self, y: np.ndarray, seed: int) -> np.ndarray:
        self.drawn += len(y)
        return np.zeros((len(y), 3), np.float32)


@pytest.mark.parametrize(("share", "expected"), [(1.0, 600), (0.75, 450), (0.0, TRIAL_SAMPLES)])
def test_a_generator_draws_the_samples_that_there_is_time_for(share: float, expected: int) -> None:
    generator: Any = Generator()
    rows = affordable_samples(generator, EXAMPLES.y, PROBLEM, events_with(Limit(share)))
    assert len(set(rows)) == expected
    assert list(rows) == sorted(rows)
    assert generator.drawn == 2 * TRIAL_SAMPLES


def test_a_generator_draws_all_samples_without_a_trial_where_nobody_limits_it() -> None:
    generator: Any = Generator()
    assert list(affordable_samples(generator, EXAMPLES.y, PROBLEM, TrainingEvents())) == list(range(600))
    assert generator.drawn == 0
