"""The parameters of a problem: what to predict, how to split, how to compare."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field, model_validator

from sakon.problem.base import Frozen, Label, Task


class SplitConfig(Frozen):
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
    def _days_follow_each_other(self) -> SplitConfig:
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
    def _leave_something_to_train_on(self) -> SplitConfig:
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
    split: SplitConfig = SplitConfig()
    options: dict[str, Any] = Field(default_factory=dict)


class EvaluationConfig(Frozen):
    """How families are compared.

    Attributes:
        resamples: Bootstrap resamples behind every interval and verdict.
        level: Coverage of the intervals, in (0, 1).
        bins: Bins of the reliability diagram.
        smallest_slice: Fewest test rows for which a slice is scored.
    """

    resamples: int = Field(1000, ge=100)
    level: float = Field(0.95, gt=0, lt=1)
    bins: int = Field(10, ge=2)
    smallest_slice: int = Field(20, ge=2)
