"""The forms of raw data: one module each, found by its name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, ClassVar

import numpy as np

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.problem import Frozen, Problem, Schema


@cache
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


class Kind(ABC):
    """A form of raw data: how it becomes records, and how records become arrays.

    A module under `sakon.kinds` that ends in `KIND = MyKind()` adds one.
    """

    Options: ClassVar[type[Frozen]]

    @abstractmethod
    def records(self, raw: Any, problem: Problem) -> tuple[pd.DataFrame, Schema]:
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
    def fit(self, records: pd.DataFrame, schema: Schema, problem: Problem) -> Any:
        """Fit the preprocessor on train records alone.

        Returns:
            A fitted scikit-learn transformer from records to a dense float array.
        """

    @abstractmethod
    def input_shape(self, preprocessor: Any, schema: Schema) -> tuple[int, ...]:
        """Return the shape of one example as a model reads it."""

    @abstractmethod
    def input_names(self, preprocessor: Any, schema: Schema) -> tuple[str, ...]:
        """Return the name of each input column, or nothing where the example is no vector."""

    @abstractmethod
    def from_request(self, request: Any, schema: Schema) -> pd.DataFrame:
        """Turn what a user sends to the served model into records without target.

        Raises:
            DataError: If a column is missing or the shape differs.
        """

    @abstractmethod
    def to_request(self, records: pd.DataFrame, schema: Schema) -> Any:
        """Return records as a user would send them: a DataFrame or an array."""

    def answerable(self, raw: Any, problem: Problem) -> tuple[Any, pd.DataFrame]:
        """Part raw data, with or without target, into what a model answers for and what else is known of it.

        Args:
            raw: What the catalog loads in the format of `raw`.
            problem: What was learnt.

        Returns:
            A request, as `from_request` takes it; and, row by row, all that is known of each example beside it,
            its target too where there is one. This default is for tables.

        Raises:
            DataError: If these are no data of this kind, or there are none.
        """
        if not isinstance(raw, pd.DataFrame):
            raise DataError(f"New records: expected a table for kind '{problem.kind}', found {type(raw).__name__}.")
        table = raw if isinstance(raw.index, pd.RangeIndex) else raw.reset_index()
        table = table.set_axis([str(column).strip() for column in table.columns], axis=1)
        doubled = table.columns[table.columns.duplicated()].unique()
        if len(doubled):
            raise DataError(*(f"New records: expected every column once, found '{name}' twice." for name in doubled))
        return table, table

    def traits(self, records: pd.DataFrame, train_records: pd.DataFrame, schema: Schema) -> pd.DataFrame:
        """Return what drift is measured on: numbers, categories or dates, one row per record.

        Args:
            records: Records of train, or new ones.
            train_records: Records of train, for traits that are relative to them.
            schema: What records hold.
        """
        return records[list(schema.features)]

    def transform(self, preprocessor: Any, records: pd.DataFrame, shape: tuple[int, ...]) -> np.ndarray:
        """Turn records into model inputs, (rows, *shape), float32."""
        values = np.asarray(preprocessor.transform(records), dtype=np.float32)
        return values.reshape(len(records), *shape)
