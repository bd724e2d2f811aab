"""The forms of raw data: one module each, found by its name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, ClassVar, NamedTuple

import numpy as np

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.problem import Frozen, InputLayout, InputSpec, Problem, Schema
from sakon.records.splitting import SPLITS, assign_splits

EXAMPLE_ROWS = 5


def names() -> tuple[str, ...]:
    """Return the names of all kinds: the modules of this package."""
    return tuple(sorted(module.name for module in iter_modules(__path__)))


def get(name: str) -> Kind:
    """Return the kind of that name.

    Args:
        name: One of `names()`.

    Returns:
        The module's `KIND`.
    """
    kind: Kind = import_module(f"{__name__}.{name}").KIND
    return kind


class RawFormat(NamedTuple):
    """A file format of raw data.

    Attributes:
        dataset: Type of the Kedro dataset that reads it.
        suffix: Suffix of its files.
    """

    dataset: str
    suffix: str


@dataclass(frozen=True)
class NewData:
    """Raw data to predict for, with or without a target.

    Attributes:
        request: The examples, as `Kind.from_request` takes them.
        columns: Everything that the raw data hold per example, including the target if it is there, (rows, columns).
    """

    request: Any
    columns: pd.DataFrame


class Kind(ABC):
    """A form of raw data: how it becomes records, and how records become arrays.

    A module under `sakon.kinds` that ends in `KIND = MyKind()` adds one.
    """

    options_class: ClassVar[type[Frozen]]
    raw_format: ClassVar[RawFormat] = RawFormat("pandas.CSVDataset", ".csv")
    """Format of new records if the problem's raw data are not a file, but come from a library or a database."""
    distributed: ClassVar[bool] = False
    """Whether Spark can prepare and score the raw data: a table with one row per example, each read by itself."""

    @abstractmethod
    def make_records(self, raw: Any, problem: Problem) -> tuple[pd.DataFrame, Schema]:
        """Turn raw data into one typed table.

        Args:
            raw: What the catalog's `raw` loads.
            problem: What is to be learnt.

        Returns:
            The records, one row per example with a fresh index 0…n−1, and what was found in them.

        Raises:
            DataError: Naming every fault found: columns, what was expected, what was found.
        """

    @abstractmethod
    def fit_preprocessor(self, records: pd.DataFrame, schema: Schema, problem: Problem) -> Any:
        """Fit the preprocessor on train records alone.

        Returns:
            A fitted scikit-learn transformer from records to a dense float array.
        """

    @abstractmethod
    def input_layout(self, preprocessor: Any, records: pd.DataFrame, schema: Schema, problem: Problem) -> InputLayout:
        """Return the shape and the names of a model's inputs.

        Args:
            preprocessor: Result of `fit_preprocessor`.
            records: Train records.
            schema: Columns of the records.
            problem: Configuration of the problem.
        """

    @abstractmethod
    def from_request(self, request: Any, schema: Schema) -> pd.DataFrame:
        """Turn what a user sends to the served model into records without target.

        Raises:
            DataError: If a column is missing or the shape differs.
        """

    @abstractmethod
    def to_request(self, records: pd.DataFrame, schema: Schema) -> Any:
        """Return records as a user would send them: a DataFrame or an array."""

    def parse_new_data(self, raw: Any, problem: Problem) -> NewData:
        """Check raw data to predict for, with or without a target; this default is for tables.

        Args:
            raw: Data in the format of the catalog's `raw`.
            problem: Configuration of the problem.

        Raises:
            DataError: If the data are not of this kind.
        """
        if not isinstance(raw, pd.DataFrame):
            raise DataError(f"New records: expected a table for kind '{problem.kind}', found {type(raw).__name__}.")
        table = raw if isinstance(raw.index, pd.RangeIndex) else raw.reset_index()
        table = table.set_axis([str(column).strip() for column in table.columns], axis=1)
        doubled = table.columns[table.columns.duplicated()].unique()
        if len(doubled):
            raise DataError(*(f"New records: expected every column once, found '{name}' twice." for name in doubled))
        return NewData(table, table)

    def drift_features(self, records: pd.DataFrame, train_records: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        """Return the features that drift is measured on: numbers, categories or dates, one row per record.

        Args:
            records: Records of train, or new ones.
            train_records: Records of train, for features that are relative to them.
            schema: Columns of the records.
        """
        return records[list(schema.features)]

    def split(self, records: pd.DataFrame, schema: Schema, problem: Problem) -> tuple[pd.DataFrame, ...]:
        """Part records into train, validation and test.

        Returns:
            Three tables; column `row` is the row's number in `records`.

        Raises:
            DataError: If there is too little for three parts.
        """
        part = assign_splits(records, schema, problem)
        numbered = records.assign(row=np.arange(len(records)))
        return tuple(numbered[part == number].reset_index(drop=True) for number in range(len(SPLITS)))

    def transform(self, preprocessor: Any, records: pd.DataFrame, schema: Schema, input_spec: InputSpec) -> np.ndarray:
        """Turn records into model inputs, (examples, *shape), float32."""
        values = np.asarray(preprocessor.transform(records), dtype=np.float32)
        return values.reshape(len(records), *input_spec.shape)

    def tokens(self, preprocessor: Any, records: pd.DataFrame, input_spec: InputSpec) -> np.ndarray | None:
        """Turn records into token numbers, (examples, steps), int32, where the kind has tokens."""
        return None

    def targets(self, records: pd.DataFrame, schema: Schema, input_spec: InputSpec) -> np.ndarray:
        """Return what is to be answered: class index, int32, or standardised value, float32, (examples,)."""
        target = records[schema.target]
        if schema.task == "classification":
            return np.asarray(pd.Index(input_spec.classes).get_indexer(pd.Index(target)).astype(np.int32))
        return ((target.to_numpy(dtype=float) - input_spec.target_mean) / input_spec.target_scale).astype(np.float32)

    def row_numbers(self, records: pd.DataFrame) -> np.ndarray:
        """Return the row number in `records` of every example, (examples,), int64."""
        return records["row"].to_numpy(dtype=np.int64)

    def input_example(self, records: pd.DataFrame, schema: Schema) -> Any:
        """Return the first records as a user would send them, enough for a prediction."""
        return self.to_request(records.head(EXAMPLE_ROWS), schema)

    def prediction_keys(self, records: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        """Return the columns that identify each prediction, one row each; no columns if each record has one."""
        return pd.DataFrame(index=range(len(records)))
