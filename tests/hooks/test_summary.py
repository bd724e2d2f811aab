"""The summary in terminals of every width and in encodings that lack characters: figures are never cut."""

from __future__ import annotations

import io
import sys

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from sakon.hooks.progress import WholeTexts
from sakon.hooks.summary import FILE_WIDTH, OPTIONAL_COLUMNS, _console, print_leaderboard
from sakon.output import replace_missing_characters

LEADERBOARD = pd.DataFrame(
    {
        "family": ["baseline", "contrastive (spark)", "som"],
        "status": ["trained", "trained", "failed"],
        "metric": "balanced_accuracy",
        "value": [0.98765, 0.87654, np.nan],
        "low": [0.97, 0.86, np.nan],
        "high": [0.99, 0.88, np.nan],
        "validation_value": [0.981, 0.871, np.nan],
        "verdict": ["baseline", "not distinguishable", None],
        "parameters": pd.array([1234567, 89012, None], dtype="Int64"),
        "train_seconds": [1.5, 1234.5, np.nan],
        "predict_ms_per_1000": [1.25, 123.4, np.nan],
        "note": ["gradient boosting", "", "the file is [damaged]"],
    }
)


def printed(width: int) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    print_leaderboard(LEADERBOARD, "digits", console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [20, 30, 40, 60, 80, 100, 120, 160])
def test_figures_are_never_cut(width: int) -> None:
    text = printed(width)
    assert "…" not in text
    for figure in ("0.9877", "0.8765"):
        assert figure in text, text
    shown = {"validation": "0.9810", "parameters": "1,234,567", "train s": "1234.5", "ms/1000": "123.4"}
    for column, figure in shown.items():
        assert (figure in text) != (f"{column}" in text.rpartition("Not shown")[2] and "Not shown" in text)


def test_columns_are_left_out_only_where_there_is_no_room() -> None:
    assert "Not shown" not in printed(160)
    assert "Not shown for lack of space: ms/1000" in printed(100)
    assert f"Not shown for lack of space: {', '.join(OPTIONAL_COLUMNS)};" in printed(40)
    assert "baseline (gradient boosting): 0.9877" in printed(30)


@pytest.mark.parametrize("forced", ["", "1"])
def test_a_pipe_is_wide_also_in_colour(monkeypatch: pytest.MonkeyPatch, forced: str) -> None:
    monkeypatch.setenv("FORCE_COLOR", forced)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert _console().width == FILE_WIDTH


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp932", "cp1252", "utf-8"])
def test_every_encoding_can_be_written_to(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(buffer, encoding=encoding))
    replace_missing_characters()
    print_leaderboard(LEADERBOARD.assign(note="größer – 日本 ✓ …"), "digits", Console(width=160))
    sys.stdout.flush()
    text = buffer.getvalue().decode(encoding)
    assert "0.9877" in text
    assert "0.9700 - 0.9900" in text or "0.9700 – 0.9900" in text


@pytest.mark.parametrize(
    ("width", "expected"), [(40, "val_loss 0.1234  val_accuracy 0.5"), (20, "val_loss 0.1234"), (9, "")]
)
def test_metrics_of_a_progress_bar_are_whole(width: int, expected: str) -> None:
    console = Console(width=width, file=io.StringIO())
    console.print(WholeTexts(("val_loss 0.1234", "val_accuracy 0.5")))
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().strip() == expected
