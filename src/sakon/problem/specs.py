"""Specifications of the data: the columns of records, and the inputs and outputs of a model."""

from __future__ import annotations

from math import prod

import numpy as np
from pydantic import Field

from sakon.problem.base import ColumnType, Frozen, Label, MissingValue, Task


class SeriesSpec(Frozen):
    """Columns and steps of a forecasting problem.

    Attributes:
        time: Column of timestamps.
        series: Column that names the series of a panel; `None` for a single series.
        frequency: Frequency of the timestamps; see `sakon.records.frequency`.
        timezone: Time zone of the timestamps: an IANA name, an offset such as +09:00, or `None` if they have none.
        date_format: How the raw data note timestamps; `None` if they store them as such.
        season: Steps of one season.
        lookback: Steps to forecast from.
        horizon: Steps to forecast.
        stride: Steps between the forecasts of train and validation.
        covariates: Columns of numbers that are known up to the time of the forecast (past covariates).
        known: Columns that are known ahead (future covariates).
        holidays: Country code whose public holidays are a feature.
    """

    time: str
    series: str | None = None
    frequency: str
    timezone: str | None = None
    date_format: str | None = None
    season: int = Field(ge=1)
    lookback: int = Field(ge=1)
    horizon: int = Field(ge=1)
    stride: int = Field(1, ge=1)
    covariates: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    holidays: str | None = None


class Schema(Frozen):
    """Columns of `records`, as inferred by ingestion.

    Attributes:
        kind: Form of the raw data.
        task: What is predicted.
        target: Column to predict.
        features: Type of each feature column, in order.
        classes: Sorted labels (classification), else empty.
        shape: Shape of an image, (height, width, channels); empty for other kinds.
        value_type: Type of the values of images in the raw data, such as uint16; empty for other kinds.
        timeline: Columns and steps of a forecasting problem, else `None`.
        date_formats: Format of each date feature that the raw data store as text, unless it is ISO 8601.
        non_text_categories: Categories whose raw values were numbers or booleans, such as codes: 01 and 1.0 are the
            category 1. In all other categories, 01 is the category 01.
        missing_values: Values that stand for missing ones, by column; see `problem.options.missing`.
    """

    kind: str
    task: Task
    target: str
    features: dict[str, ColumnType]
    classes: tuple[Label, ...] = ()
    shape: tuple[int, ...] = ()
    value_type: str = ""
    timeline: SeriesSpec | None = None
    date_formats: dict[str, str] = Field(default_factory=dict)
    non_text_categories: tuple[str, ...] = ()
    missing_values: dict[str, tuple[MissingValue, ...]] = Field(default_factory=dict)


class InputLayout(Frozen):
    """Shape and names of a model's inputs.

    Attributes:
        shape: Shape of one example as the model reads it, without the batch axis: (features,),
            (lookback + horizon, channels) or (height, width, channels).
        features: Name of each input value, flattened; empty for images.
        steps: Tokens per example if the kind also has token inputs, else 0.
        vocabulary: Token of each token number: 0 is the padding, 1 an unknown token; empty without token inputs.
        horizon: Steps to forecast (task forecast), else 0. In each example, channel 0 is the standardised target; it
            and the covariates are 0 in the last `horizon` steps.
        season: Steps of one season (task forecast), else 0.
        naive_error: Mean absolute error of the seasonal-naive forecast within train (task forecast), else 0.
    """

    shape: tuple[int, ...]
    features: tuple[str, ...] = ()
    steps: int = 0
    vocabulary: tuple[str, ...] = ()
    horizon: int = 0
    season: int = 0
    naive_error: float = 0.0


class InputSpec(InputLayout):
    """Inputs and outputs of a model.

    Attributes:
        kind: Form of the raw data.
        task: What is predicted.
        classes: Labels in order (classification); output i is the probability of `classes[i]`.
        target_mean: Mean of the target in train (regression and forecast); models learn the standardised target.
        target_scale: Standard deviation of the target in train (regression and forecast), in the unit of the target.
        fingerprint: Digest of the train records: equal only for the same records and options.
    """

    kind: str
    task: Task
    classes: tuple[Label, ...] = ()
    target_mean: float = 0.0
    target_scale: float = 1.0
    fingerprint: str = ""

    @classmethod
    def from_layout(
        cls, layout: InputLayout, schema: Schema, *, target_mean: float, target_scale: float, fingerprint: str
    ) -> InputSpec:
        """Combine a layout with the task and classes of a schema and with what was measured in train."""
        return cls(
            **dict(layout),
            kind=schema.kind,
            task=schema.task,
            classes=schema.classes,
            target_mean=target_mean,
            target_scale=target_scale,
            fingerprint=fingerprint,
        )

    @property
    def outputs(self) -> int:
        """Number of values that a model predicts per example."""
        return len(self.classes) or self.horizon or 1

    @property
    def names(self) -> tuple[str, ...]:
        """Name of every input value, flattened; numbered if the layout names none."""
        return self.features or tuple(f"input {number + 1}" for number in range(prod(self.shape)))

    def in_unit_of_target(self, outputs: np.ndarray) -> np.ndarray:
        """Return standardised predictions in the unit of the target; probabilities are returned unchanged."""
        if self.task == "classification":
            return outputs
        return outputs * self.target_scale + self.target_mean
