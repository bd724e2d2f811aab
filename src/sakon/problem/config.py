"""The parameters of a problem: what to predict, how to split, how to compare."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field, model_validator

from sakon.problem.base import Frozen, Label, Task


class SplitConfig(Frozen):
    """How records are split into train, validation and test.

    Attributes:
        validation: Fraction of the records for validation, in (0, 1).
        test: Fraction of the records for test, in (0, 1).
        group: Column of groups; rows of one group are in the same split.
        time: Column of timestamps; train is before validation, validation before test.
        begin: First day of the data to use; requires `time`, as do the following days.
        validation_begin: First day of validation; replaces the fractions, together with `test_begin`.
        test_begin: First day of test.
        end: Last day of the data to use.
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
        """Whether validation and test begin on configured days."""
        return self.validation_begin is not None

    @model_validator(mode="after")
    def _check_days(self) -> SplitConfig:
        fields = {name: getattr(self, name) for name in ("begin", "validation_begin", "test_begin", "end")}
        days = {name: day for name, day in fields.items() if day is not None}
        if days and self.time is None:
            raise ValueError(f"expected the column of timestamps in split.time, as {', '.join(days)} are days")
        if (self.validation_begin is None) != (self.test_begin is None):
            raise ValueError("expected both validation_begin and test_begin, or neither")
        if list(days.values()) != sorted(set(days.values())):
            raise ValueError(
                f"expected begin < validation_begin < test_begin < end, found {', '.join(map(str, days.values()))}"
            )
        return self

    @model_validator(mode="after")
    def _check_fractions(self) -> SplitConfig:
        if self.validation + self.test >= 1:
            raise ValueError(
                f"expected validation + test below 1 so that rows remain to train on, "
                f"found {self.validation} + {self.test}"
            )
        return self


class Problem(Frozen):
    """What to predict from which data: the block `problem` of an environment in `conf/`.

    Attributes:
        kind: Form of the raw data; the name of a module in `sakon.kinds`.
        target: Column (or array) to predict.
        task: What is predicted; if left out, it follows from kind and target.
        metric: Metric that ranks families and chooses the champion; if left out, the default of the task, see
            `sakon.metrics.default_metric`.
        positive: Positive class of two-class metrics; if left out, the last class.
        class_weight: Weight of the examples of each class in training: `balanced`, inversely proportional to the class
            frequency, or a weight by class, with 1 for other classes; if left out, all weights are 1.
        seed: Seed of all random numbers: split, initial weights, order of batches, bootstrap.
        split: How records are split.
        options: Options of the kind; validated by its `options_class`.
    """

    kind: str
    target: str
    task: Task | None = None
    metric: str | None = None
    positive: Label | None = None
    class_weight: Literal["balanced"] | dict[Label, float] | None = None
    seed: int = Field(42, ge=0, lt=2**31)
    split: SplitConfig = SplitConfig()
    options: dict[str, Any] = Field(default_factory=dict)


class EvaluationConfig(Frozen):
    """How families are compared.

    Attributes:
        resamples: Number of bootstrap resamples for intervals and verdicts.
        level: Confidence level of the intervals, in (0, 1).
        bins: Number of bins of the reliability diagram.
        smallest_slice: Minimum number of test rows of a slice that is scored.
    """

    resamples: int = Field(1000, ge=100)
    level: float = Field(0.95, gt=0, lt=1)
    bins: int = Field(10, ge=2)
    smallest_slice: int = Field(20, ge=2)
