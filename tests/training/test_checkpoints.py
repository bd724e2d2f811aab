"""Checkpoints of several trainings in one folder, and of a training whose result is not saved yet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sakon.training.checkpoints import MAX_TRAININGS, Checkpoints, TrainingState

OURS, THEIRS = "a" * 64, "b" * 64


def state(epoch: int) -> TrainingState:
    weights = [np.full(3, epoch, np.float32)]
    return TrainingState(epoch, weights, weights, epoch, [{"epoch": epoch, "val_loss": 1 / epoch}], 0.5)


def test_another_training_costs_this_one_nothing(tmp_path: Path) -> None:
    """One that has got further, with other settings, must not push out what is written now."""
    ours, theirs = Checkpoints(tmp_path), Checkpoints(tmp_path)
    for epoch in (50, 60, 70):
        theirs.save(state(epoch), THEIRS)
    for epoch in (1, 2, 3):
        ours.save(state(epoch), OURS)
    assert [each.epoch for each in (ours.latest(OURS), theirs.latest(THEIRS)) if each] == [3, 70]
    assert len(list(tmp_path.iterdir())) == 4, "two of each training"


def test_only_completed_trainings_are_cleared(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(state(5), THEIRS)
    checkpoints.complete(state(2), OURS)
    assert checkpoints.latest(OURS) is not None, "its result is not saved yet"
    checkpoints.clear()
    assert checkpoints.latest(OURS) is None
    assert checkpoints.latest(THEIRS) is not None


def test_checkpoints_of_a_family_are_cleared_with_all(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    part = checkpoints.for_family("mlp")
    part.complete(state(2), OURS)
    checkpoints.clear()
    assert part.latest(OURS) is None


def test_abandoned_trainings_do_not_fill_the_disk(tmp_path: Path) -> None:
    for number in range(2 * MAX_TRAININGS):
        Checkpoints(tmp_path).save(state(1), f"{number:064d}"[::-1])
    assert len(list(tmp_path.iterdir())) == MAX_TRAININGS + 1, "those of others, and the last"
    assert Checkpoints(tmp_path).latest(f"{2 * MAX_TRAININGS - 1:064d}"[::-1]) is not None


def test_all_trainings_of_one_process_can_be_resumed(tmp_path: Path) -> None:
    checkpoints, keys = Checkpoints(tmp_path), [f"{number:064d}"[::-1] for number in range(2 * MAX_TRAININGS)]
    for epoch in (1, 2):
        for key in keys:
            checkpoints.save(state(epoch), key)
    again = Checkpoints(tmp_path)
    assert [each.epoch for each in map(again.latest, keys) if each] == [2] * len(keys)
    again.save(state(3), keys[0])
    assert all(again.latest(key) for key in keys)


def test_files_that_another_process_removes_first_are_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoints = Checkpoints(tmp_path)
    for epoch in (1, 2, 3):
        checkpoints.save(state(epoch), OURS)
    listed = Checkpoints._paths

    def remove_after_listing(self: Checkpoints, key: str = "") -> list[Path]:
        paths = listed(self, key)
        for path in paths[:1]:
            path.unlink(missing_ok=True)
        return paths

    monkeypatch.setattr(Checkpoints, "_paths", remove_after_listing)
    checkpoints.complete(state(4), OURS)
    checkpoints.clear()
    monkeypatch.undo()
    assert checkpoints.latest(OURS) is None


@pytest.mark.parametrize("position", [0, 30, 200, 400, -60, -10])
def test_a_damaged_checkpoint_is_ignored(tmp_path: Path, position: int) -> None:
    checkpoints = Checkpoints(tmp_path)
    for epoch in (1, 2):
        checkpoints.save(state(epoch), OURS)
    newest = max(tmp_path.iterdir())
    content = bytearray(newest.read_bytes())
    content[position] ^= 0x5A
    newest.write_bytes(content)
    latest = checkpoints.latest(OURS)
    assert latest is not None
    assert latest.epoch in (1, 2)
    np.testing.assert_array_equal(latest.variables[0], np.full(3, latest.epoch, np.float32))
