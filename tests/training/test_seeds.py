"""A joint training of several seeds equals trainings of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np
import pytest
from listeners import EpochListener
from resuming import Killed

from sakon.errors import DivergenceError
from sakon.pipelines.mlp.config import Config
from sakon.pipelines.mlp.model import build
from sakon.problem import Examples, InputSpec, Problem
from sakon.training import callbacks
from sakon.training.checkpoints import Checkpoints
from sakon.training.events import TrainingEvents, TrainingId, TrainingListener
from sakon.training.fit import fit
from sakon.training.seeds import SeedResult, fit_seeds

SEEDS = (3, 8, 21)
PROBLEM = Problem(kind="tabular", target="y", seed=5)
SPEC = InputSpec(kind="tabular", task="classification", shape=(4,), classes=(0, 1), fingerprint="f")
CONFIG = Config(units=(8,), epochs=30, batch_size=16, learning_rate=0.1, patience=1, dropout=0.2)
IS_JOINT = keras.backend.backend() == "jax"
ROUNDING = {"rtol": 1e-3, "atol": 1e-4} if IS_JOINT else {"rtol": 0, "atol": 0}
"""Sums over several seeds are added up in another order: a relative difference of 1e-7 that grows with every step."""


def part(seed: int) -> Examples:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(100, 4)).astype(np.float32)
    return Examples(x=x, y=(x[:, 0] + rng.normal(size=100) > 0).astype(np.int32), row=np.arange(100))


def fit_all(folder: Path, events: TrainingEvents | None = None, config: Config = CONFIG) -> list[SeedResult]:
    context = (part(0), part(1), SPEC, config, PROBLEM, Checkpoints(folder), events or TrainingEvents("mlp"))
    return fit_seeds(build, SEEDS, *context)


def fit_alone(seed: int, folder: Path, config: Config = CONFIG) -> SeedResult:
    problem = PROBLEM.model_copy(update={"seed": seed})
    context = (SPEC, config, problem, Checkpoints(folder), TrainingEvents())
    return SeedResult(seed, *fit(build(SPEC, config, problem), part(0), part(1), *context))


def check_equal(joint: SeedResult, alone: SeedResult) -> None:
    assert joint.seed == alone.seed
    assert joint.summary.best_epoch == alone.summary.best_epoch
    assert joint.history.columns.tolist() == alone.history.columns.tolist()
    np.testing.assert_allclose(joint.history.to_numpy(), alone.history.to_numpy(), **ROUNDING)
    for ours, theirs in zip(joint.network.get_weights(), alone.network.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, **ROUNDING)


@dataclass
class Recorder(TrainingListener):
    """Collects all events."""

    events: list[tuple[str, str, int]] = field(default_factory=list)

    def on_train_begin(self, training: TrainingId, total: int, done: int, unit: str) -> None:
        self.events.append((training.variant, "begin", done))

    def on_epoch_end(self, training: TrainingId, epoch: int, metrics: Mapping[str, float]) -> None:
        self.events.append((training.variant, "epoch", epoch))

    def on_train_end(self, training: TrainingId, epochs: int) -> None:
        self.events.append((training.variant, "end", epochs))


@pytest.fixture(scope="module")
def joint(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[SeedResult], Recorder]:
    """The results of a joint training, and its events."""
    recorder, events = Recorder(), TrainingEvents("mlp")
    events.subscribe(recorder)
    return fit_all(tmp_path_factory.mktemp("joint"), events), recorder


Joint = tuple[list[SeedResult], Recorder]


def test_each_seed_equals_a_training_of_its_own(joint: Joint, tmp_path: Path) -> None:
    results, _ = joint
    assert len({result.summary.epochs for result in results}) > 1, "no training stopped before another"
    for result in results:
        check_equal(result, fit_alone(result.seed, tmp_path))


def test_every_seed_resumes_from_checkpoints_of_its_own(
    joint: Joint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results, _ = joint
    monkeypatch.setattr(callbacks, "SECONDS_BETWEEN_CHECKPOINTS", 0)
    killed, remaining = TrainingEvents("mlp"), iter(range(5))

    def kill(epoch: int) -> None:
        if next(remaining, None) is None:
            raise Killed

    killed.subscribe(EpochListener(kill))
    with pytest.raises(Killed):
        fit_all(tmp_path, killed)
    recorder, resumed = Recorder(), TrainingEvents("mlp")
    resumed.subscribe(recorder)
    for result, whole in zip(fit_all(tmp_path, resumed), results, strict=True):
        check_equal(result, whole)
    assert sum(number for _, name, number in recorder.events if name == "begin") == 6, "epochs done before"
    for whole in results:
        check_equal(whole, fit_alone(whole.seed, tmp_path))


def test_events_of_each_seed_are_a_stream_of_their_own(joint: Joint) -> None:
    results, recorder = joint
    assert {variant for variant, _, _ in recorder.events} == {f"seed {seed}" for seed in SEEDS}
    for result in results:
        epochs = result.summary.epochs
        expected = [("begin", 0), *(("epoch", epoch) for epoch in range(1, epochs + 1)), ("end", epochs)]
        assert [event[1:] for event in recorder.events if event[0] == f"seed {result.seed}"] == expected


def test_an_error_in_one_training_ends_the_events_of_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "EXPLOSION_FACTOR", 1e-9)
    recorder, events = Recorder(), TrainingEvents("mlp")
    events.subscribe(recorder)
    with pytest.raises(DivergenceError, match="Family mlp"):
        fit_all(tmp_path, events)
    names = [name for _, name, _ in recorder.events]
    assert names.count("begin") == names.count("end") > 0


def test_one_seed_is_one_training(joint: Joint, tmp_path: Path) -> None:
    context = (part(0), part(1), SPEC, CONFIG, PROBLEM, Checkpoints(tmp_path), TrainingEvents("mlp"))
    (result,) = fit_seeds(build, SEEDS[:1], *context)
    check_equal(joint[0][0], result)
    assert fit_seeds(build, [], *context) == []
