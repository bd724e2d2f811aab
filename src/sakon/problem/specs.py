"""Specifications of the data: the columns of records, and the inputs and outputs of a model."""

from __future__ import annotations

from math import prod
from typing import Literal

import numpy as np
from pydantic import Field

from sakon.problem.base import ColumnType, Frozen, Label, Task


class SeriesSpec(Frozen):
    """How the records of a series lie in time, and what is forecast from what.

    Attributes:
        time: Column of moments.
        series: Column that names the series of a panel.
        frequency: Distance of moments, as a pandas alias.
        season: Steps after which the series resembles itself.
        lookback: Steps that a forecast is made from.
        horizon: Steps that are forecast.
        stride: Steps from one forecast of train or validation to the next.
        covariates: Numbers known up to the moment of the forecast.
        known: Columns known ahead.
        holidays: Country whose public holidays are known ahead.
    """

    time: str
    series: str | None = None
    frequency: str
    season: int = Field(ge=1)
    lookback: int = Field(ge=1)
    horizon: int = Field(ge=1)
    stride: int = Field(1, ge=1)
    covariates: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    holidays: str | None = None


class Schema(Frozen):
    """What ingestion found: the typed columns of `records`.

    Attributes:
        kind: Form of the raw data.
        task: What is predicted.
        target: Column to predict.
        features: Type of every feature column, in order.
        classes: Labels in order (classification), else empty.
        shape: Shape of one example for kinds whose example is an array (height, width, channels),
            else empty.
        timeline: How the records lie in time, where a series is forecast.
    """

    kind: str
    task: Task
    target: str
    features: dict[str, ColumnType]
    classes: tuple[Label, ...] = ()
    shape: tuple[int, ...] = ()
    timeline: SeriesSpec | None = None


class InputSpec(Frozen):
    """What a model reads and answers.

    Attributes:
        kind: Form of the raw data.
        task: What is predicted.
        shape: Shape of one example as the model reads it, without the batch axis: (features,),
            (steps, channels) or (height, width, channels).
        dtype: Type of the input array.
        features: Name of each input column where the shape is (features,), else empty.
        steps: Tokens of one example where it can be read token by token too, else 0.
        vocabulary: Token of each number, 0 the padding and 1 what is unknown, else empty.
        horizon: Steps that are forecast (forecast), else 0. Examples are (lookback + horizon, channels) then:
            channel 0 is the standardised target, 0 in the steps to come, as is all that is not known ahead.
        season: Steps after which the series resembles itself (forecast), else 0.
        naive_error: Mean absolute error of the seasonal-naive forecast within train (forecast), else 0.
        classes: Labels in order (classification); output i is the probability of `classes[i]`.
        target_mean: Mean of the target in train (regression); models learn the standardised target.
        target_scale: Standard deviation of the target in train (regression), in its own unit.
        fingerprint: Digest of what was learnt from: equal only for the same train records.
    """

    kind: str
    task: Task
    shape: tuple[int, ...]
    dtype: Literal["float32", "int32"] = "float32"
    features: tuple[str, ...] = ()
    steps: int = 0
    vocabulary: tuple[str, ...] = ()
    horizon: int = 0
    season: int = 0
    naive_error: float = 0.0
    classes: tuple[Label, ...] = ()
    target_mean: float = 0.0
    target_scale: float = 1.0
    fingerprint: str = ""

    @property
    def outputs(self) -> int:
        """Number of values a model answers per example."""
        return len(self.classes) or self.horizon or 1

    @property
    def names(self) -> tuple[str, ...]:
        """Name of every input value, flattened; numbered where the values have none of their own."""
        return self.features or tuple(f"input {number + 1}" for number in range(prod(self.shape)))

    def in_unit_of_target(self, outputs: np.ndarray) -> np.ndarray:
        """Undo the standardisation of a number that was predicted; probabilities pass unchanged."""
        if self.task == "classification":
            return outputs
        return outputs * self.target_scale + self.target_mean
