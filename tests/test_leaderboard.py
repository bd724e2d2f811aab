"""The leaderboard as text, and in the report."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from fabricate import table

from sakon.leaderboard import format_leaderboard
from sakon.pipelines.evaluation.nodes import LEADERBOARD
from sakon.pipelines.evaluation.report import write_report
from sakon.pipelines.ingestion.nodes import make_records
from sakon.problem import Decision


@pytest.fixture
def board() -> pd.DataFrame:
    trained = {
        "family": "som", "status": "trained", "metric": "rmse", "value": 46336.4, "low": 44000.0, "high": 48000.0,
        "validation_value": 45000.0, "baseline_difference": 0.0, "verdict": "worse", "parameters": 20527,
        "train_seconds": 1.234, "predict_ms_per_1000": 34.56, "mlflow_run_id": "x", "note": "probe",
    }  # fmt: skip
    failed = {"family": "vae", "status": "failed", "metric": "rmse", "note": "vae <diverged> in epoch 3."}
    return pd.DataFrame([trained, failed], columns=LEADERBOARD)


def test_values_are_formatted(board: pd.DataFrame):
    first = format_leaderboard(board).iloc[0].to_dict()
    assert first["family"] == "som (probe)"
    assert (first["rmse"], first["interval"]) == ("46,336", "44,000 – 48,000")
    assert (first["parameters"], first["train s"], first["ms/1000"]) == ("20,527", "1.2", "34.6")


def test_a_failed_family_has_no_values(board: pd.DataFrame):
    failed = format_leaderboard(board).iloc[1]
    assert failed["verdict"] == "failed"
    assert set(failed.drop(["family", "verdict"])) == {""}


def test_without_a_baseline_nothing_is_compared(board: pd.DataFrame):
    assert format_leaderboard(board.assign(verdict=np.nan))["verdict"].tolist() == ["not compared", "failed"]


def test_missing_note_is_left_out(board: pd.DataFrame):
    assert format_leaderboard(board.assign(note=np.nan))["family"].tolist() == ["som", "vae"]


def test_report_shows_the_reason_of_a_failure(board: pd.DataFrame):
    figures = [go.Figure()] * 4
    decision = Decision(promoted=False, reason="nothing beats the naive baseline")
    case = table("regression")
    profile = make_records(case.raw, case.problem)[2]
    page = write_report(board, decision, profile, case.problem, *figures)
    assert "<b>vae failed.</b> vae &lt;diverged&gt; in epoch 3." in page
    assert "46,336" in page
    assert "<td>target column</td><td>outcome</td>" in page
    assert "<td>rows</td><td>240</td>" in page
