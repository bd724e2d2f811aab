"""The forms of raw data: one module each, found by its name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, ClassVar

import numpy as np

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
    def input_fields(
        self, preprocessor: Any, records: pd.DataFrame, schema: Schema, problem: Problem
    ) -> dict[str, Any]:
        """Say what models will read.

        Args:
            preprocessor: What `fit` returned.
            records: Train records.
            schema: What they hold.
            problem: What is to be learnt.

        Returns:
            Fields of `InputSpec`: `shape`; `features`, the name of every input where examples are vectors;
            `steps` and `vocabulary` where they can be read token by token too.
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

    def transform(self, preprocessor: Any, records: pd.DataFrame, shape: tuple[int, ...]) -> np.ndarray:
        """Turn records into model inputs, (rows, *shape), float32."""
        values = np.asarray(preprocessor.transform(records), dtype=np.float32)
        return values.reshape(len(records), *shape)

    def tokens(self, preprocessor: Any, records: pd.DataFrame, steps: int) -> np.ndarray:
        """Turn records into token numbers, (rows, steps), int32; a kind without tokens has no steps."""
        return np.zeros((len(records), steps), np.int32)
