"""Types that all packages share: configuration, data specifications, arrays and results.

Imports no other package of Sakon.
"""

from sakon.problem.base import ColumnType, Frozen, Label, MissingValue, Task
from sakon.problem.config import EvaluationConfig, Problem, SplitConfig
from sakon.problem.examples import Examples
from sakon.problem.results import (
    DataProfile,
    Decision,
    FigureErrors,
    MetricInterval,
    MissingCode,
    PredictionSummary,
    Result,
    Scores,
    ScoringResult,
)
from sakon.problem.specs import InputLayout, InputSpec, Schema, SeriesSpec
from sakon.problem.training import Failure, TrainingSummary

__all__ = [
    "ColumnType",
    "DataProfile",
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
    "MissingCode",
    "MissingValue",
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
