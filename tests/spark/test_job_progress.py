"""A bar for long jobs alone."""

from __future__ import annotations

import time
from typing import Any

import pytest

from sakon.spark import job_progress as module
from sakon.spark.job_progress import job_progress


def test_a_long_job_shows_its_tasks(spark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with job_progress("waiting"):
        spark.sparkContext.parallelize([0.8] * 8, 8).map(lambda seconds: time.sleep(seconds)).collect()
    said = capsys.readouterr().err
    assert "waiting" in said
    assert "8/8 tasks" in said


def test_a_short_one_is_quiet(spark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with job_progress("waiting"):
        spark.sparkContext.parallelize([0], 1).collect()
    assert capsys.readouterr().err == ""


def test_one_that_fails_is_not_shown_as_done(
    spark: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.0)
    monkeypatch.setattr(module, "_stages", lambda: {1: (3, 8)})
    with pytest.raises(ValueError, match="broken"), job_progress("waiting"):
        time.sleep(0.5)
        raise ValueError("broken")
    assert "3/8 tasks" in capsys.readouterr().err
