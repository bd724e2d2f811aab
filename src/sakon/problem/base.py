"""The base of every typed block of configuration, and the words for tasks, column types and labels."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Task = Literal["classification", "regression", "forecast"]
ColumnType = Literal["number", "category", "boolean", "date", "image", "text"]
Label = bool | int | str


class Frozen(BaseModel):
    """A typed, immutable block of configuration that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
