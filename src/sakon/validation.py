"""Values of the configuration against their types: one sentence per error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from sakon.errors import did_you_mean

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def unknown_key_errors(keys: Iterable[str], allowed: Iterable[str]) -> list[str]:
    """Return a sentence for every top-level key of the parameters that is not allowed."""
    allowed = list(allowed)
    return [f"Parameter {key}: unknown{did_you_mean(key, allowed)}" for key in keys if key not in allowed]


def validation_errors(name: str, value: object, model: type[BaseModel]) -> list[str]:
    """Return a sentence for every value that does not fit its type.

    Args:
        name: Dotted name of the parameter.
        value: Its value in the configuration.
        model: The pydantic class that the value must fit.
    """
    if not isinstance(value, Mapping):
        return [f"Parameter {name}: expected a block of values ({', '.join(model.model_fields)}), found {value!r}."]
    try:
        model.model_validate(value)
    except ValidationError as error:
        return [_sentence(name, details, model) for details in error.errors()]
    return []


def _sentence(name: str, error: ErrorDetails, model: type[BaseModel]) -> str:
    path = ".".join([name, *map(str, error["loc"])])
    if error["type"] == "extra_forbidden":
        return f"Parameter {path}: unknown{did_you_mean(str(error['loc'][-1]), _fields_at(model, error['loc'][:-1]))}"
    message = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if error["type"] == "missing":
        return f"Parameter {path}: expected a value, found none."
    if error["type"] == "value_error":
        return f"Parameter {path}: {message}" + ("" if message.endswith((".", "?")) else ".")
    return f"Parameter {path}: expected {message[0].lower()}{message[1:]}, found {error['input']!r}."


def _fields_at(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    for step in path:
        inner = model.model_fields.get(str(step))
        if inner is None or not (isinstance(inner.annotation, type) and issubclass(inner.annotation, BaseModel)):
            return []
        model = inner.annotation
    return list(model.model_fields)
