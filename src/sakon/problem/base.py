"""Base class of typed configuration, and the types of tasks, columns and labels."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, StrictFloat, StrictInt, StrictStr

Task = Literal["classification", "regression", "forecast"]
ColumnType = Literal["number", "category", "boolean", "date", "image", "text"]
Label = bool | int | str
MissingValue = StrictInt | StrictFloat | StrictStr
"""A value that stands for a missing one. Strict: YAML reads an unquoted `no` as false, which must not become 0."""


class Frozen(BaseModel):
    """A typed, immutable block of configuration that rejects unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
