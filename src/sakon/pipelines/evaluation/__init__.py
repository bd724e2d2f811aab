"""Comparison of all trained families on the same test split: scores, intervals, verdicts, champion.

Intervals and verdicts are (paired) bootstraps: Efron & Tibshirani 1993, "An introduction to the
bootstrap".

    kedro run --pipelines=evaluation
"""

from sakon.pipelines.evaluation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
