"""Training that was stopped and goes on ends as if it had never stopped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sakon.datasets.checkpoints import Checkpoints
from sakon.families import fit as module
from sakon.families import progress
from sakon.families.fit import fit, shuffled_batches
from sakon.pipelines.mlp.config import Config
from sakon.pipelines.mlp.model import build
from sakon.problem import InputSpec, Part, Problem

PROBLEM = Problem(kind="tabular", target="y", seed=3)
SPEC = InputSpec(kind="tabular", task="classification", shape=(4,), classes=(0, 1), fingerprint="f")
CONFIG = Config(units=(8,), epochs=8, batch_size=16, learning_rate=0.01, patience=8)


def part(seed: int, rows: int = 100) -> Part:
    x = np.random.default_rng(seed).normal(size=(rows, 4)).astype(np.float32)
    return Part(x=x, y=(x[:, 0] > 0).astype(np.int32), row=np.arange(rows))


def trained(folder: Path) -> tuple[list[np.ndarray], list[dict[str, float]]]:
    model, history, _ = fit(build(SPEC, CONFIG, PROBLEM), part(0), part(1), SPEC, CONFIG, PROBLEM, Checkpoints(folder))
    return model.get_weights(), history.to_dict("records")


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("last", [1, 3, 7])
def test_resumed_equals_undisturbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: int) -> None:
    whole, curve = trained(tmp_path / "whole")
    monkeypatch.setattr(module, "SECONDS_BETWEEN_STATES", 0)

    def kill(epoch: int, _: dict[str, float]) -> None:
        if epoch == last:
            raise Killed

    monkeypatch.setattr(progress, "listeners", [kill])
    with pytest.raises(Killed):
        trained(tmp_path / "killed")
    assert list((tmp_path / "killed").glob("epoch_*.npz"))
    monkeypatch.setattr(progress, "listeners", [])
    resumed, rest = trained(tmp_path / "killed")
    assert rest == curve
    for ours, theirs in zip(resumed, whole, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert not list((tmp_path / "killed").glob("epoch_*.npz"))


def test_a_truncated_state_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, _ = trained(tmp_path / "whole")
    monkeypatch.setattr(module, "SECONDS_BETWEEN_STATES", 0)
    monkeypatch.setattr(module.Checkpoints, "clear", lambda _: None)
    trained(tmp_path / "cut")
    newest = sorted((tmp_path / "cut").glob("epoch_*.npz"))[-1]
    newest.write_bytes(newest.read_bytes()[:100])
    resumed, _ = trained(tmp_path / "cut")
    for ours, theirs in zip(resumed, whole, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_every_epoch_is_another_order_of_the_same_rows() -> None:
    given = part(0, rows=32)
    steps = 4
    batches = shuffled_batches(given, 8, steps, seed=1, first_epoch=0)
    seen = [np.asarray(x) for x, _ in batches.take(2 * steps)]
    first, second = np.concatenate(seen[:steps]), np.concatenate(seen[steps:])
    assert not np.array_equal(first, second)
    for epoch in (first, second):
        np.testing.assert_array_equal(np.sort(epoch, axis=0), np.sort(given.x, axis=0))


def test_the_best_epoch_is_kept(tmp_path: Path) -> None:
    model, history, summary = fit(
        build(SPEC, CONFIG, PROBLEM), part(0), part(1), SPEC, CONFIG, PROBLEM, Checkpoints(tmp_path)
    )
    assert summary["best_epoch"] == history.set_index("epoch")["val_loss"].idxmin()
    loss, _ = model.evaluate(part(1).x, part(1).y, verbose=0)
    assert loss == pytest.approx(summary["best_val_loss"], rel=1e-5)
