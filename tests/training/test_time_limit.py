"""A training ends in the time of its family, with its best epoch; without a limit nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from listeners import StopAfter

from sakon.errors import TrainingSkippedError
from sakon.pipelines.mlp import config as mlp_config
from sakon.pipelines.mlp import model as mlp
from sakon.pipelines.som import config as som_config
from sakon.pipelines.som import model as som
from sakon.problem import Examples, InputSpec, Problem, TrainingSummary
from sakon.training import time_limit
from sakon.training.checkpoints import Checkpoints
from sakon.training.events import StopRequest, TrainingEvents, TrainingId, TrainingListener
from sakon.training.fit import fit
from sakon.training.time_limit import TimeLimit, TimeLimitListener

PROBLEM = Problem(kind="tabular", target="y", seed=3)
SPEC = InputSpec(kind="tabular", task="classification", shape=(4,), classes=(0, 1), fingerprint="f")
X = np.random.default_rng(0).normal(size=(100, 4)).astype(np.float32)
TRAIN = Examples(x=X, y=(X[:, 0] > 0).astype(np.int32), row=np.arange(100))
VALIDATION = Examples(x=X[:40] + 0.1, y=TRAIN.y[:40], row=np.arange(40))
MLP = mlp_config.Config(units=(8,), epochs=6, batch_size=16, patience=6, dropout=0.2)
TRAINING = TrainingId("mlp")


class Clock:
    """A clock that stands still unless it is moved."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time_limit, "now", clock)
    return clock


def trained(
    folder: Path, *listeners: TrainingListener, module: Any = mlp, config: Any = MLP
) -> tuple[list[np.ndarray], Any, TrainingSummary]:
    events = TrainingEvents("mlp")
    for listener in listeners:
        events.subscribe(listener)
    context = (SPEC, config, PROBLEM, Checkpoints(folder), events)
    model, history, summary = fit(module.build(SPEC, config, PROBLEM), TRAIN, VALIDATION, *context)
    return model.get_weights(), history, summary


def assert_equal_weights(ours: list[np.ndarray], theirs: list[np.ndarray]) -> None:
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_listener_ends_a_training_whose_best_epoch_is_kept(tmp_path: Path) -> None:
    _, whole, _ = trained(tmp_path / "whole")
    _, history, summary = trained(tmp_path / "cut", StopAfter(3, needs_trials=True))
    assert history.equals(whole[:3])
    assert summary.best_epoch == history.set_index("epoch")["val_loss"].idxmin()
    assert (summary.stopped_by, summary.stopped_after) == ("a test", "3 of 6 epochs")
    assert summary.note == "cut short after 3 of 6 epochs"


@pytest.mark.parametrize(
    ("module", "config"),
    [
        (mlp, MLP),
        (som, som_config.Config(height=3, width=4, epochs=3, batch_size=10)),
    ],
    ids=["mlp", "som"],
)
def test_a_trial_changes_no_bit(tmp_path: Path, module: Any, config: Any) -> None:
    listener = StopAfter(100, needs_trials=True)
    weights, history, _ = trained(tmp_path / "trial", listener, module=module, config=config)
    others, other_history, summary = trained(tmp_path / "none", module=module, config=config)
    assert len(listener.trials) == 1
    assert history.equals(other_history)
    assert_equal_weights(weights, others)
    assert summary.stopped_by == ""


def test_a_training_that_was_cut_short_resumes_with_new_time(tmp_path: Path) -> None:
    weights, history, _ = trained(tmp_path / "whole")
    trained(tmp_path / "cut", StopAfter(2, needs_trials=True))
    resumed, resumed_history, summary = trained(tmp_path / "cut", StopAfter(100, needs_trials=True))
    assert resumed_history.equals(history)
    assert_equal_weights(resumed, weights)
    assert summary.stopped_after == ""


def test_a_resumed_training_without_time_keeps_its_epochs(tmp_path: Path) -> None:
    trained(tmp_path, StopAfter(2, needs_trials=True))
    _, history, summary = trained(tmp_path, StopAfter(0))
    assert len(history) == 2
    assert summary.stopped_after == "2 of 6 epochs"


def test_a_training_without_an_epoch_is_skipped(tmp_path: Path) -> None:
    with pytest.raises(TrainingSkippedError, match=r"^Family mlp: not trained: it is enough\.$") as error:
        trained(tmp_path, StopAfter(0))
    assert error.value.shortest_minutes == 7.0
    assert list(tmp_path.glob("*")) == []


def requests(clock: Clock, listener: TimeLimitListener, *seconds: float) -> Iterator[StopRequest | None]:
    """Yield what the listener requests before each epoch, the first of which begins at once."""
    yield listener.stop_request(TRAINING)
    for duration in seconds:
        clock.time += duration
        yield listener.stop_request(TRAINING)


def test_the_next_epoch_is_not_begun_if_it_would_end_too_late(clock: Clock) -> None:
    listener = TimeLimitListener(TimeLimit(1000.0, 100.0, 5.0))  # 60 s of training
    listener.on_train_begin(TRAINING, 50, 0, "epochs")
    before = list(requests(clock, listener, 10.0, 12.0, 18.0, 11.0))
    assert before[:3] == [None, None, None]
    assert before[3] is None  # 18 s after 40: it would end at 58 of 60
    assert before[4] is not None
    assert before[4].by == "time budget"
    assert listener.stop_request(TRAINING) == before[4]


def test_an_epoch_that_takes_longer_than_the_share_is_not_begun(clock: Clock) -> None:
    listener = TimeLimitListener(TimeLimit(1000.0, 100.0, 5.0))
    listener.on_train_begin(TRAINING, 50, 0, "epochs")
    clock.time += 20  # compilation
    listener.on_trial_begin(TRAINING)
    clock.time += 2
    listener.on_trial_end(TRAINING, 8, 400)
    request = listener.stop_request(TRAINING)
    assert request is not None
    assert request.reason == "an epoch takes about 100 s, and 78 s of its share of the time budget are left"
    assert request.shortest_minutes == pytest.approx(5 + 22 / 0.6 / 60)  # families have 0.6 of the run's time


def test_the_first_epoch_may_take_all_the_time_of_the_family(clock: Clock) -> None:
    listener = TimeLimitListener(TimeLimit(1000.0, 100.0, 5.0))
    listener.on_train_begin(TRAINING, 50, 0, "epochs")
    listener.on_trial_begin(TRAINING)
    clock.time += 2
    listener.on_trial_end(TRAINING, 8, 360)
    first, second = requests(clock, listener, 90.0)
    assert first is None
    assert second is not None


def test_the_head_has_time_of_its_own(clock: Clock) -> None:
    listener = TimeLimitListener(TimeLimit(1000.0, 100.0, 5.0))
    listener.on_train_begin(TRAINING, 50, 0, "epochs")
    clock.time += 101
    assert listener.stop_request(TRAINING) is not None
    listener = TimeLimitListener(TimeLimit(1000.0, 200.0, 5.0))  # 120 s of training, and 40 s for the head
    listener.on_train_begin(TRAINING, 50, 0, "epochs")
    assert list(requests(clock, listener, 19.0))[1] is not None  # at 120 s
    listener.on_train_end(TRAINING, 1)
    assert list(requests(clock, listener, 15.0, 5.0)) == [None, None, None]
    clock.time += 11
    assert listener.stop_request(TRAINING) is not None


@pytest.mark.parametrize(("seconds", "expected"), [(1.0, 10), (4.0, 10), (16.0, 2), (400.0, 0)])
def test_affordable_steps(clock: Clock, seconds: float, expected: int) -> None:
    listener = TimeLimitListener(TimeLimit(1000.0, 100.0, 5.0))
    listener.on_train_begin(TRAINING, 50, 0, "models")
    listener.on_trial_begin(TRAINING)
    clock.time += seconds
    listener.on_trial_end(TRAINING, 1, 10)
    assert listener.affordable_steps(TRAINING, 10) == expected


def test_without_listeners_there_is_no_trial_and_no_end() -> None:
    events = TrainingEvents("mlp")
    assert not events.needs_trials
    assert events.stop_request() is None
    assert events.affordable_steps(7) == 7


def test_a_family_that_cannot_begin_says_why() -> None:
    request = TimeLimit(1000.0, -30.0, 5.0).request_before_begin()
    assert request.reason == "the time of the run (5 min) was used up before"
    assert request.shortest_minutes == pytest.approx(5 + (30 + 10) / 0.6 / 60)  # a family needs ten seconds


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.0213, "0.021 s"), (41.7, "42 s"), (119.0, "119 s"), (721.0, "12 min")]
)
def test_format_duration(seconds: float, expected: str) -> None:
    format_duration: Callable[[float], str] = time_limit.format_duration
    assert format_duration(seconds) == expected
