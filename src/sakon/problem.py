"""The typed words of the project: problem, split, schema, input specification, part."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import prod
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sakon.errors import did_you_mean

Task = Literal["classification", "regression", "forecast"]
ColumnType = Literal["number", "category", "boolean", "date", "image", "text"]
Label = bool | int | str


class Frozen(BaseModel):
    """A typed, immutable block of configuration that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Split(Frozen):
    """How records are parted into train, validation and test.

    Attributes:
        validation: Fraction of the records held out for choosing, in (0, 1).
        test: Fraction of the records held out for the final figure, in (0, 1).
        group: Column whose equal values never straddle parts.
        time: Column by which the parts follow each other: train, then validation, then test.
        begin: First day that is used at all; `time` is needed, as for all days.
        validation_begin: First day of validation, instead of a fraction.
        test_begin: First day of test, instead of a fraction.
        end: Last day that is used at all.
    """

    validation: float = Field(0.16, gt=0, lt=1)
    test: float = Field(0.2, gt=0, lt=1)
    group: str | None = None
    time: str | None = None
    begin: date | None = None
    validation_begin: date | None = None
    test_begin: date | None = None
    end: date | None = None

    @property
    def by_days(self) -> bool:
        """Whether the parts begin on given days."""
        return self.validation_begin is not None

    @model_validator(mode="after")
    def _days_follow_each_other(self) -> Split:
        named = {name: getattr(self, name) for name in ("begin", "validation_begin", "test_begin", "end")}
        days = {name: day for name, day in named.items() if day is not None}
        if days and self.time is None:
            raise ValueError(f"expected the column of moments in split.time, as {', '.join(days)} are days")
        if (self.validation_begin is None) != (self.test_begin is None):
            raise ValueError("expected both validation_begin and test_begin, or neither")
        if list(days.values()) != sorted(set(days.values())):
            raise ValueError(
                f"expected begin < validation_begin < test_begin < end, found {', '.join(map(str, days.values()))}"
            )
        return self

    @model_validator(mode="after")
    def _leave_something_to_train_on(self) -> Split:
        if self.validation + self.test >= 1:
            raise ValueError(
                f"expected validation + test below 1 so that rows remain to train on, "
                f"found {self.validation} + {self.test}"
            )
        return self


class Problem(Frozen):
    """What is to be learnt, from which data: the block `problem` of one environment in `conf/`.

    Attributes:
        kind: Form of the raw data; the name of a module under `sakon.kinds`.
        target: Column (or array) to predict.
        task: What is predicted; follows from kind and target when left out.
        metric: The problem's own measure, by which families are chosen and ranked; when left out,
            `accuracy` for classification and `rmse` for regression.
        positive: Class counted as positive by two-class measures; when left out, the last in order.
        class_weight: How much the examples of a class count in learning: `balanced`, so that every class weighs
            the same in all, or a weight by class, 1 for those not named; when left out, all count alike.
        seed: Seed of every random choice: split, initial weights, order of batches, intervals.
        split: How records are parted.
        options: What is particular to the kind; validated by the kind's own `Options`.
    """

    kind: str
    target: str
    task: Task | None = None
    metric: str | None = None
    positive: Label | None = None
    class_weight: Literal["balanced"] | dict[Label, float] | None = None
    seed: int = Field(42, ge=0, lt=2**31)
    split: Split = Split()
    options: dict[str, Any] = Field(default_factory=dict)

    @field_validator("kind")
    @classmethod
    def _kind_exists(cls, kind: str) -> str:
        from sakon import kinds

        if kind not in kinds.names():
            raise ValueError(f"unknown kind '{kind}'{did_you_mean(kind, kinds.names())}")
        return kind

    @field_validator("metric")
    @classmethod
    def _metric_exists(cls, metric: str | None) -> str | None:
        from sakon.metrics import METRICS

        if metric is not None and metric not in METRICS:
            raise ValueError(f"unknown metric '{metric}'{did_you_mean(metric, METRICS)}")
        return metric

    @model_validator(mode="after")
    def _options_fit_the_kind(self) -> Problem:
        from sakon import kinds

        kinds.get(self.kind).Options.model_validate(self.options)
        return self


class Timeline(Frozen):
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
    timeline: Timeline | None = None


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


@dataclass(frozen=True)
class Part:
    """Examples as a model reads them: train, validation or test.

    Attributes:
        x: Inputs, (rows, *shape), float32 or int32, finite.
        y: Target: int32 class index (rows,), float32 standardised value (rows,) or values (rows, horizon).
        row: Index of each example in `records`, (rows,), int64; of a forecast, its last known moment.
        tokens: The same examples token by token, (rows, steps), int32, where the kind has tokens.
        weight: How much each example counts, (rows,), float32, where they do not count alike.
    """

    x: np.ndarray
    y: np.ndarray
    row: np.ndarray
    tokens: np.ndarray | None = None
    weight: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.y)
