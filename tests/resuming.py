"""A training that was killed and goes on ends as if it had never stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sakon.training import callbacks, progress

Trained = tuple[list[np.ndarray], pd.DataFrame]


class Killed(BaseException):
    """Stands for the end of the process."""


def check_resumed_equals_undisturbed(
    train: Callable[[Path], Trained], folder: Path, monkeypatch: pytest.MonkeyPatch, last: int = 3
) -> pd.DataFrame:
    """Train undisturbed; train and be killed after an epoch, go on; compare weights and history bit for bit.

    `train` trains with the checkpoints in a folder and returns weights and history.
    """
    whole, curve = train(folder / "whole")
    monkeypatch.setattr(callbacks, "SECONDS_BETWEEN_STATES", 0)

    def kill(epoch: int, _: dict[str, float]) -> None:
        if epoch == last:
            raise Killed

    monkeypatch.setattr(progress, "listeners", [kill])
    with pytest.raises(Killed):
        train(folder / "killed")
    assert list((folder / "killed").glob("epoch_*.npz"))
    monkeypatch.setattr(progress, "listeners", [])
    resumed, rest = train(folder / "killed")
    assert rest.equals(curve)
    for ours, theirs in zip(resumed, whole, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert not list((folder / "killed").glob("epoch_*.npz"))
    return curve
