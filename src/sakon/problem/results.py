"""Results that cross package borders: of ingestion, evaluation, promotion and scoring."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sakon.problem.base import ColumnType, Task

Status = Literal["trained", "failed", "not trained"]


class Result(BaseModel):
    """A stored, immutable result. MLflow records exactly its `metrics()` and `tags()`."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    def metrics(self) -> dict[str, float]:
        """Return the numbers by the name under which they are recorded."""
        return {}

    def tags(self) -> dict[str, str]:
        """Return the texts by the name under which they are recorded; empty texts are left out."""
        return {}

    def _numbers(self, *names: str) -> dict[str, float]:
        """Return the named fields that are not `None`."""
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    def _texts(self, *names: str) -> dict[str, str]:
        """Return the named fields that are not empty."""
        return {name: text for name in names if (text := getattr(self, name))}


class MetricInterval(BaseModel):
    """A metric's value with the ends of its confidence interval, where it has one."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    value: float
    low: float | None = None
    high: float | None = None

    def named(self, name: str) -> dict[str, float]:
        """Return `<name>`, `<name>_low` and `<name>_high`, without those that are missing."""
        ends = {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}
        return {key: end for key, end in ends.items() if end is not None}


class MissingCode(Result):
    """A number or day of a column that may stand for a missing value.

    Attributes:
        value: The number, such as -999, or the day, such as 9999-12-31.
        rows: Records with it.
        lowest: Lowest of the other values of the column.
        highest: Highest of them.
    """

    value: float | str
    rows: int
    lowest: float | str
    highest: float | str


class DataProfile(Result):
    """A description of the records, for the report and for `kedro problem check`.

    Attributes:
        kind: Kind of data.
        task: Task.
        rows: Records.
        rows_without_target: Rows of the raw data that are no records because they have no target.
        examples: Number of examples by split.
        columns: Type of every feature.
        shape: Shape of one image; empty for other kinds.
        missing: Number of missing values by feature, of those that have any.
        missing_codes: Numbers and days that may stand for missing values, by column, of the columns that have any.
        target: Number of records by class; for numbers `count`, `mean`, `std`, `min`, quartiles (`25%` …) and `max`.
        duplicated_rows: Records whose features equal those of an earlier record.
        rows_that_differ_only_in_target: Groups of equal features with different targets.
        constant_columns: Features with one value only.
        suspicious_leaks: Features that alone determine the target, with the share of its variance they explain.
        sum_leak: Numbers whose weighted sum is the target.
    """

    kind: str
    task: Task
    rows: int
    rows_without_target: int
    examples: dict[str, int]
    columns: dict[str, ColumnType]
    shape: tuple[int, ...]
    missing: dict[str, int]
    missing_codes: dict[str, tuple[MissingCode, ...]] = Field(default_factory=dict)
    target: dict[str, int | float]
    duplicated_rows: int
    rows_that_differ_only_in_target: int
    constant_columns: tuple[str, ...]
    suspicious_leaks: dict[str, float]
    sum_leak: tuple[str, ...]


class FigureErrors(Result):
    """Figures of a namespace that could not be drawn: the reason by the name of the figure."""

    errors: dict[str, str] = {}

    def tags(self) -> dict[str, str]:
        """Return `figure_errors`, one sentence per figure; empty if all figures were drawn."""
        return {"figure_errors": " ".join(f"{name}: {reason}" for name, reason in self.errors.items())}


class Scores(Result):
    """The evaluation of one family or variant.

    Attributes:
        status: `trained`, `failed` or `not trained`.
        note: What predicts (`linear probe` …) and whether its training was cut short, or why there are no scores.
        parameters: Number of fitted parameters.
        train_seconds: Time spent on training.
        predict_ms_per_1000: Milliseconds to predict 1,000 rows.
        validation: Value of every metric of the task on validation, by name.
        test: Value and interval of every metric of the task on test, by name.
    """

    status: Status
    note: str = ""
    parameters: int | None = None
    train_seconds: float | None = None
    predict_ms_per_1000: float | None = None
    validation: dict[str, float] = {}
    test: dict[str, MetricInterval] = {}

    def metrics(self) -> dict[str, float]:
        """Return `validation_<metric>`, `test_<metric>`, its interval, and the costs; nothing if not trained."""
        if self.status != "trained":
            return {}
        values = self._numbers("parameters", "train_seconds", "predict_ms_per_1000")
        values |= {f"validation_{name}": value for name, value in self.validation.items()}
        for name, interval in self.test.items():
            values |= interval.named(f"test_{name}")
        return values

    def tags(self) -> dict[str, str]:
        """Return `status` and `note`; nothing if not trained."""
        return self._texts("status", "note") if self.status == "trained" else {}


class Decision(Result):
    """Whether a new champion is promoted, and why.

    Attributes:
        promoted: Whether the challenger becomes the champion.
        reason: One sentence, without its full stop.
        family: The challenger: the best family on validation.
        version: Its model version; `None` if it is not registered.
        metric: Name of the problem's metric.
        value: The challenger's value on test.
        naive_value: The naive baseline's value on test.
        champion_value: The present champion's value on test.
        champion_version: The present champion's version.
        champion_family: The present champion's family.
    """

    promoted: bool
    reason: str
    family: str | None = None
    version: str | None = None
    metric: str | None = None
    value: float | None = None
    naive_value: float | None = None
    champion_value: float | None = None
    champion_version: str | None = None
    champion_family: str | None = None

    def tags(self) -> dict[str, str]:
        """Return every field after `decision.`."""
        return {f"decision.{name}": str(value) for name, value in self.model_dump(exclude_none=True).items()}


class PredictionSummary(Result):
    """The champion's predictions for new records.

    Attributes:
        champion_version: Model version of the champion.
        champion_family: Family of the champion.
        rows: Number of predictions.
        rows_in_train: New records whose features equal those of a train record; `None` if not counted.
        calibration_rows: Validation predictions that the prediction intervals are calibrated on.
        interval_half_width: Mean half width of the prediction intervals, in the unit of the target; `None` if they
            are unbounded.
        unreadable_values: Number of values that could not be read as the type of their column, by column; they counted
            as missing.
        unknown_categories: Number of values that are not in train, by column of categories.
        note: Warnings, separated by semicolons; empty if there are none.
    """

    champion_version: str
    champion_family: str
    rows: int
    rows_in_train: int | None = None
    calibration_rows: int | None = None
    interval_half_width: float | None = None
    unreadable_values: dict[str, int] = {}
    unknown_categories: dict[str, int] = {}
    note: str = ""

    def metrics(self) -> dict[str, float]:
        """Return the counts and the half width of the intervals."""
        values = self._numbers("rows", "rows_in_train", "calibration_rows", "interval_half_width")
        sums = {name: sum(getattr(self, name).values()) for name in ("unreadable_values", "unknown_categories")}
        return values | {name: float(count) for name, count in sums.items() if count}

    def tags(self) -> dict[str, str]:
        """Return the champion's version and family, and the note."""
        return self._texts("champion_version", "champion_family", "note")


class ScoringResult(PredictionSummary):
    """The champion's predictions for new records, and their scores where the new records have targets.

    Attributes:
        metric: Name of the problem's metric.
        level: Coverage of the intervals; `None` if there are none.
        rows_scored: Predictions with a target to compare with.
        rows_of_unknown_classes: Rows whose label is not a class of the champion; they are not scored.
        rows_by_prediction: Number of predictions by predicted label, if counted.
        interval_coverage: Share of the targets inside their prediction interval.
        new: Value and interval of every metric of the task on the new records, by name.
    """

    metric: str
    level: float | None = None
    rows_scored: int = 0
    rows_of_unknown_classes: int = 0
    rows_by_prediction: dict[str, int] = {}
    interval_coverage: float | None = None
    new: dict[str, MetricInterval] = {}

    def metrics(self) -> dict[str, float]:
        """Return the counts, the half width and coverage of the intervals, and `new_<metric>` with its interval."""
        values = self._numbers("level", "rows_scored", "rows_of_unknown_classes", "interval_coverage")
        for name, interval in self.new.items():
            values |= interval.named(f"new_{name}")
        return super().metrics() | values

    def tags(self) -> dict[str, str]:
        """Return the champion's version and family, the name of the metric and the note."""
        return super().tags() | self._texts("metric")
