"""A training that is killed, or whose result is lost, and that is resumed ends as if it had never stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from listeners import events_calling

from sakon.training import callbacks
from sakon.training.events import TrainingEvents

Trained = tuple[list[np.ndarray], pd.DataFrame]


class Killed(BaseException):
    """Stands for the end of the process."""


def check_resumed_equals_undisturbed(
    train: Callable[[Path, TrainingEvents], Trained], folder: Path, monkeypatch: pytest.MonkeyPatch, last: int = 3
) -> pd.DataFrame:
    """Train undisturbed; be killed after an epoch; resume; lose the result, resume again; compare bit for bit.

    `train` trains with the checkpoints in a folder, publishes its events, and returns weights and history.
    """
    undisturbed, history = train(folder / "undisturbed", TrainingEvents())
    monkeypatch.setattr(callbacks, "SECONDS_BETWEEN_CHECKPOINTS", 0)

    def kill(epoch: int) -> None:
        if epoch == last:
            raise Killed

    with pytest.raises(Killed):
        train(folder / "killed", events_calling(kill))
    assert list((folder / "killed").glob("epoch_*.npz"))
    epochs: list[int] = []
    for events in (TrainingEvents(), events_calling(epochs.append)):
        resumed, resumed_history = train(folder / "killed", events)
        assert resumed_history.equals(history)
        for ours, theirs in zip(resumed, undisturbed, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert epochs == [], "a finished training was trained again"
    return history
