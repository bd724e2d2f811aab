"""The interface of a kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

import numpy as np

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.problem import Frozen, InputLayout, InputSpec, Problem, Schema, Task
from sakon.records.feature_types import UnreadableValues, separate_unreadable
from sakon.records.missing_values import mark_missing
from sakon.records.proposals import ProposedValue, Recognition
from sakon.records.raw_summary import RawSummary
from sakon.records.raw_types import normalize_table
from sakon.records.splitting import ROW, SPLITS, assign_splits

if TYPE_CHECKING:
    RawData = pd.DataFrame | Mapping[str, np.ndarray]
    """What the catalog's `raw` loads: a table, or named arrays."""
    Request = pd.DataFrame | np.ndarray | Sequence[object]
    """Raw examples to predict for: a table, an array of images, or a list of texts."""
else:
    RawData = Request = Any  # their types would import pandas, which `kedro registry list` does without

EXAMPLE_ROWS = 5


class Preprocessor(Protocol):
    """A fitted scikit-learn transformer, from which a kind computes model inputs."""

    def transform(self, X: Any) -> Any:  # noqa: N803
        """Return the transformed rows."""


FittedPreprocessor = TypeVar("FittedPreprocessor", bound=Preprocessor)


class RawFormat(NamedTuple):
    """A file format of raw data.

    Attributes:
        dataset: Type of the Kedro dataset that reads it.
        suffix: Suffix of its files.
        holds_arrays: Whether the dataset loads named arrays; otherwise it loads a table.
    """

    dataset: str
    suffix: str
    holds_arrays: bool = False


TABLE = RawFormat("pandas.CSVDataset", ".csv")
ARRAYS = RawFormat("sakon.datasets.ArraysDataset", ".npz", holds_arrays=True)


@dataclass(frozen=True)
class NewData:
    """Raw data to predict for, with or without a target.

    Attributes:
        request: The examples, as `Kind.from_request` takes them.
        columns: All columns of the raw data, including the target if present: one row per example.
    """

    request: Request
    columns: pd.DataFrame


class Kind(ABC, Generic[FittedPreprocessor]):
    """A form of raw data: how raw data become records, and how records become arrays.

    The type parameter is the class of the fitted preprocessor.
    """

    options_class: ClassVar[type[Frozen]]
    """Type of `problem.options`."""
    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")
    """What can be predicted from data of this kind; the first one if it does not follow from the target."""
    raw_format: ClassVar[RawFormat] = TABLE
    """Format of the raw data; new records have it if the raw data come from a library or a database."""
    distributed: ClassVar[bool] = False
    """Whether Spark can prepare and score the raw data: a table with one row per example, each read by itself."""
    priority: ClassVar[int] = 0
    """Order in which `kedro problem new` asks the kinds whether they recognise raw data, the highest first."""

    @abstractmethod
    def make_records(self, raw: RawData, problem: Problem) -> tuple[pd.DataFrame, Schema]:
        """Turn raw data into one typed table.

        Args:
            raw: Result of loading the catalog's `raw`.
            problem: Configuration of the problem.

        Returns:
            The records, with index 0…n−1, and their schema. Rows without a target are dropped.

        Raises:
            DataError: With one message per error in the raw data.
        """

    @abstractmethod
    def fit_preprocessor(self, records: pd.DataFrame, schema: Schema, problem: Problem) -> FittedPreprocessor:
        """Fit the preprocessor on train records.

        Args:
            records: Train records; no other record may influence the preprocessor.
            schema: Columns of the records.
            problem: Configuration of the problem.
        """

    @abstractmethod
    def input_layout(
        self, preprocessor: FittedPreprocessor, records: pd.DataFrame, schema: Schema, problem: Problem
    ) -> InputLayout:
        """Return the shape and the names of a model's inputs.

        Args:
            preprocessor: Result of `fit_preprocessor`.
            records: Train records.
            schema: Columns of the records.
            problem: Configuration of the problem.
        """

    @abstractmethod
    def from_request(self, request: Request, schema: Schema) -> pd.DataFrame:
        """Turn raw examples, such as those sent to a served model, into records without a target.

        Raises:
            DataError: If a column is missing, a value cannot be read as the type of its column, or the shape differs
                from the schema.
        """

    @abstractmethod
    def to_request(self, records: pd.DataFrame, schema: Schema) -> Request:
        """Return records as raw examples: the inverse of `from_request`."""

    @abstractmethod
    def transform(
        self, preprocessor: FittedPreprocessor, records: pd.DataFrame, schema: Schema, input_spec: InputSpec
    ) -> np.ndarray:
        """Turn records into model inputs, (examples, *shape), float32."""

    def parse_new_data(self, raw: RawData, problem: Problem) -> NewData:
        """Separate the examples of new raw data from their other columns. This default takes a table.

        Args:
            raw: New data in the format of the catalog's `raw`, with or without a target.
            problem: Configuration of the problem.

        Raises:
            DataError: If the data are not of this kind.
        """
        if not isinstance(raw, pd.DataFrame):
            raise DataError(f"New records: expected a table for kind '{problem.kind}', found {type(raw).__name__}.")
        is_plain = isinstance(raw.index, pd.RangeIndex) or raw.index.names != [None]
        table = normalize_table(raw if is_plain else raw.reset_index())  # row names identify predictions
        duplicates = table.columns[table.columns.duplicated()].unique()
        if len(duplicates):
            raise DataError(*(f"New records: expected every column once, found '{name}' twice." for name in duplicates))
        return NewData(table, table)

    def separate_unreadable(self, request: Request, schema: Schema) -> tuple[Request, tuple[UnreadableValues, ...]]:
        """Replace values that cannot be read as the type of their column by missing values, and count them.

        Without it, `from_request` refuses them.

        Args:
            request: Raw examples, as `from_request` takes them.
            schema: Columns of the records.
        """
        if not isinstance(request, pd.DataFrame):
            return request, ()
        request = mark_missing(request, schema.missing_values)
        if schema.timeline is None:
            return separate_unreadable(request, schema.features, schema.date_formats)
        numbers = [name for name, column_type in schema.features.items() if column_type == "number"]
        return separate_unreadable(request, dict.fromkeys([schema.target, *numbers], "number"))

    def drift_features(self, records: pd.DataFrame, train_records: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        """Return the features whose drift is measured: numbers, categories or dates, one row per record.

        Args:
            records: Records of train, or new ones.
            train_records: Records of train, for features that are relative to them.
            schema: Columns of the records.
        """
        return records[list(schema.features)]

    def count_examples(self, records: pd.DataFrame, schema: Schema, problem: Problem) -> dict[str, int]:
        """Return the number of examples in each split, without making the splits.

        Raises:
            DataError: If there are too few records for three splits.
        """
        counts = np.bincount(assign_splits(records, schema, problem), minlength=len(SPLITS))
        return dict(zip(SPLITS, counts.tolist(), strict=True))

    def split(self, records: pd.DataFrame, schema: Schema, problem: Problem) -> tuple[pd.DataFrame, ...]:
        """Split records into train, validation and test.

        Returns:
            Three tables; column `ROW` is the number of the row in `records`.

        Raises:
            DataError: If there are too few records for three splits.
        """
        split_of_row = assign_splits(records, schema, problem)
        numbered = records.assign(**{ROW: np.arange(len(records))})
        return tuple(numbered[split_of_row == number].reset_index(drop=True) for number in range(len(SPLITS)))

    def tokens(
        self, preprocessor: FittedPreprocessor, records: pd.DataFrame, input_spec: InputSpec
    ) -> np.ndarray | None:
        """Turn records into token numbers, (examples, steps), int32; `None` if the kind has no tokens."""
        return None

    def targets(self, records: pd.DataFrame, schema: Schema, input_spec: InputSpec) -> np.ndarray:
        """Return class indices, int32, or standardised values, float32, (examples,)."""
        target = records[schema.target]
        if schema.task == "classification":
            return np.asarray(pd.Index(input_spec.classes).get_indexer(pd.Index(target)).astype(np.int32))
        return ((target.to_numpy(dtype=float) - input_spec.target_mean) / input_spec.target_scale).astype(np.float32)

    def row_numbers(self, records: pd.DataFrame) -> np.ndarray:
        """Return the number in `records` of each example's row, (examples,), int64."""
        return records[ROW].to_numpy(dtype=np.int64)

    def input_example(self, records: pd.DataFrame, schema: Schema) -> Request:
        """Return the first records as raw examples, enough for one prediction."""
        return self.to_request(records.head(EXAMPLE_ROWS), schema)

    def prediction_keys(self, records: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        """Return the columns that identify each prediction; none if there is one prediction per record."""
        return pd.DataFrame(index=range(len(records)))

    def recognise(self, raw: RawSummary) -> Recognition:
        """Decide whether raw data in `raw_format` look like this kind, for `kedro problem new`.

        By default they do not: the user then has to request the kind by `--kind`.
        """
        return Recognition(is_match=False, reason="")

    def propose_options(self, raw: RawSummary) -> list[ProposedValue]:
        """Propose `problem.options` for raw data, for `kedro problem new`.

        Raises:
            DataError: If the raw data cannot be read as this kind.
        """
        return []
