"""What a worker process keeps between tasks."""

from __future__ import annotations

import pytest

from sakon.spark import worker_process
from sakon.spark.worker_process import ProcessCache


def test_value_is_created_once_per_key_and_replaced_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "limit_threads", lambda cores: None)  # would change those of this process
    cache: ProcessCache[list[str]] = ProcessCache()
    first = cache.get("a", lambda: ["first"], cores=1)
    assert cache.get("a", lambda: ["again"], cores=1) is first
    assert cache.get("b", lambda: ["other"], cores=1) == ["other"]
    assert cache.get("a", lambda: ["again"], cores=1) == ["again"]
