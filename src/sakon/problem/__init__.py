"""What crosses every border of the project: configuration, data specifications and arrays. Imports nothing of ours."""

from sakon.problem.base import ColumnType, Frozen, Label, Task
from sakon.problem.config import EvaluationConfig, Problem, SplitConfig
from sakon.problem.examples import Examples
from sakon.problem.results import (
    Decision,
    Failure,
    FigureErrors,
    MetricInterval,
    PredictionSummary,
    Result,
    Scores,
    ScoringResult,
    TrainingSummary,
)
from sakon.problem.specs import InputLayout, InputSpec, Schema, SeriesSpec

__all__ = [
    "ColumnType",
    "Decision",
    "EvaluationConfig",
    "Examples",
    "Failure",
    "FigureErrors",
    "Frozen",
    "InputLayout",
    "InputSpec",
    "Label",
    "MetricInterval",
    "PredictionSummary",
    "Problem",
    "Result",
    "Schema",
    "Scores",
    "ScoringResult",
    "SeriesSpec",
    "SplitConfig",
    "Task",
    "TrainingSummary",
]
