"""Open runs have a heartbeat."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from sakon.tracking.heartbeat import Heartbeat


def test_open_runs_have_a_heartbeat_and_an_error_does_not_end_it() -> None:
    beats: list[tuple[str, str, float]] = []

    def set_tag(run_id: str, key: str, value: str) -> None:
        beats.append((run_id, key, float(value)))
        raise ConnectionError

    heartbeat = Heartbeat(SimpleNamespace(set_tag=set_tag), lambda: ["run"], seconds=0.01)  # type: ignore[arg-type]
    heartbeat.start()
    deadline = time.monotonic() + 10
    while len(beats) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    heartbeat.stop()
    assert len(beats) >= 2
    assert beats[0][:2] == ("run", "sakon.heartbeat")
    assert beats[0][2] == pytest.approx(time.time(), abs=20)
