"""Progress bars of long jobs."""

from __future__ import annotations

import time
from typing import Any

import pytest

from sakon.spark import job_progress as module
from sakon.spark.job_progress import job_progress


def test_long_job_has_a_bar_of_its_tasks(spark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with job_progress("waiting"):
        spark.sparkContext.parallelize([0.8] * 8, 8).map(lambda seconds: time.sleep(seconds)).collect()
    output = capsys.readouterr().err
    assert "waiting" in output
    assert "8/8 tasks" in output


def test_short_job_has_no_bar(spark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with job_progress("waiting"):
        spark.sparkContext.parallelize([0], 1).collect()
    assert capsys.readouterr().err == ""


def test_failed_job_is_not_shown_as_completed(
    spark: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SECONDS_BEFORE_BAR", 0.0)
    monkeypatch.setattr(module, "_active_stages", lambda: {1: (3, 8)})
    with pytest.raises(ValueError, match="broken"), job_progress("waiting"):
        time.sleep(0.5)
        raise ValueError("broken")
    assert "3/8 tasks" in capsys.readouterr().err
