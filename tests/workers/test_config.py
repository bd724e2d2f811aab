"""How many workers there are."""

from __future__ import annotations

import pytest

from sakon.workers import config
from sakon.workers.config import RunConfig


@pytest.mark.parametrize(
    ("workers", "cores", "families", "expected"),
    [(None, 1, 10, 1), (None, 2, 10, 1), (None, 8, 10, 4), (None, 64, 10, 10), (3, 1, 10, 3), (12, 64, 10, 10)],
)
def test_number_of_workers(
    monkeypatch: pytest.MonkeyPatch, workers: int | None, cores: int, families: int, expected: int
) -> None:
    monkeypatch.setattr(config, "usable_cores", lambda: cores)
    assert RunConfig(workers=workers).workers_for(families) == expected
