"""Parameters against their types, every fault in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from sakon import kinds
from sakon.errors import did_you_mean
from sakon.metrics import METRICS
from sakon.problem import Problem


def unknown_keys(parameters: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return a sentence for every top-level key that nothing reads."""
    known = list(known)
    return [
        f"Parameter {key}: nothing of that name{did_you_mean(key, known)}" for key in parameters if key not in known
    ]


def faults(name: str, value: Any, model: type[BaseModel]) -> list[str]:
    """Return a sentence for every value that does not fit its type.

    Args:
        name: Dotted name of the parameter.
        value: What the configuration gives for it.
        model: The pydantic class that it must fit.
    """
    if not isinstance(value, Mapping):
        return [f"Parameter {name}: expected a block of values ({', '.join(model.model_fields)}), found {value!r}."]
    try:
        model.model_validate(value)
    except ValidationError as error:
        return [_sentence(name, dict(fault), model) for fault in error.errors()]
    return []


def problem_errors(given: Any) -> list[str]:
    """Return a sentence for each word of the block `problem` that no kind and no metric knows.

    The block's own types cannot check these: they lie below kinds and metrics.

    Args:
        given: What the configuration gives for `problem`, which fits `Problem`.
    """
    problem = Problem.model_validate(given)
    errors = []
    if problem.metric is not None and problem.metric not in METRICS:
        errors.append(
            f"Parameter problem.metric: unknown metric '{problem.metric}'{did_you_mean(problem.metric, METRICS)}"
        )
    if problem.kind not in kinds.names():
        return [
            f"Parameter problem.kind: unknown kind '{problem.kind}'{did_you_mean(problem.kind, kinds.names())}",
            *errors,
        ]
    return faults("problem.options", problem.options, kinds.get(problem.kind).options_class) + errors


def _sentence(name: str, fault: dict[str, Any], model: type[BaseModel]) -> str:
    path = ".".join([name, *map(str, fault["loc"])])
    if fault["type"] == "extra_forbidden":
        return f"Parameter {path}: unknown{did_you_mean(str(fault['loc'][-1]), _fields_at(model, fault['loc'][:-1]))}"
    message = str(fault["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    if fault["type"] == "missing":
        return f"Parameter {path}: expected a value, found none."
    if fault["type"] == "value_error":
        return f"Parameter {path}: {message}" + ("" if message.endswith((".", "?")) else ".")
    return f"Parameter {path}: expected {message[0].lower()}{message[1:]}, found {fault['input']!r}."


def _fields_at(model: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    for step in path:
        inner = model.model_fields.get(str(step))
        if inner is None or not (isinstance(inner.annotation, type) and issubclass(inner.annotation, BaseModel)):
            return []
        model = inner.annotation
    return list(model.model_fields)
