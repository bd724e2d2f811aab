"""Proposes a problem for raw data: kind, target, task, metric, split and options.

Every kind is asked whether it recognises the data, in the order of `Kind.priority`; the first one that does is
proposed. The user may request a kind or a task instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from sakon import kinds
from sakon.errors import DataError, ParameterError, did_you_mean
from sakon.kinds import Kind, Preprocessor
from sakon.onboarding.raw_files import RawFile
from sakon.onboarding.splits import propose_split
from sakon.onboarding.summaries import summarise
from sakon.onboarding.targets import propose_target
from sakon.problem import Task
from sakon.records.proposals import ProposedValue
from sakon.records.raw_summary import RawSummary


@dataclass(frozen=True)
class Request:
    """What the user requests of a problem; what is `None` is inferred."""

    target: str | None = None
    kind: str | None = None
    task: Task | None = None


@dataclass(frozen=True)
class Proposal:
    """A problem that is proposed for raw data.

    Attributes:
        raw_file: The raw data and how they are read.
        kind: The kind of the problem.
        values: The block `problem` of the parameters, in the order of the file.
        rows: Number of examples.
        size: Size of the data in words.
    """

    raw_file: RawFile
    kind: Kind[Preprocessor]
    values: tuple[ProposedValue, ...]
    rows: int
    size: str


def propose(raw_file: RawFile, request: Request) -> Proposal:
    """Propose a problem for raw data; completes how the file is read.

    Raises:
        DataError: If nothing can be learned from the data.
        ParameterError: If the request does not fit the data.
    """
    _check_request(raw_file, request)
    raw, size = summarise(raw_file, request.target, _requests_series(request))
    name, reason = _choose_kind(raw_file, raw, request)
    kind = kinds.get(name)
    try:
        options = kind.propose_options(raw)
    except DataError as error:
        if request.kind is None and request.task is None:
            raise
        option = f"--kind {request.kind}" if request.kind is not None else f"--task {request.task}"
        raise ParameterError(*(f"{option}: {message}" for message in error.messages)) from error
    values = (
        ProposedValue(("problem", "kind"), name, reason),
        ProposedValue(("problem", "target"), raw.target, "what is predicted", printed=False),
        *propose_target(raw.target_values, kind.tasks, request.task, raw_file),
        *propose_split(raw, is_forecast="forecast" in kind.tasks),
        *options,
    )
    return Proposal(raw_file, kind, values, len(raw.target_values), size)


def _requests_series(request: Request) -> bool:
    return request.task == "forecast" or (request.kind is not None and "forecast" in kinds.get(request.kind).tasks)


def _check_request(raw_file: RawFile, request: Request) -> None:
    choices = {"kind": (request.kind, kinds.names()), "task": (request.task, get_args(Task))}
    errors = [
        f"--{name} {value}: expected one of {', '.join(options)}, found no such {name}{did_you_mean(value, options)}"
        for name, (value, options) in choices.items()
        if value is not None and value not in options
    ]
    if errors:
        raise ParameterError(*errors)
    if request.kind is None:
        return
    kind = kinds.get(request.kind)
    if kind.raw_format.holds_arrays != raw_file.holds_arrays:
        expected, actual = ("arrays or images", "a table") if kind.raw_format.holds_arrays else ("a table", "arrays")
        raise ParameterError(f"--kind {request.kind}: expected {expected}, found {actual} in {raw_file.path.name}.")
    if request.task is not None and request.task not in kind.tasks:
        raise ParameterError(
            f"--task {request.task}: expected a task of kind '{request.kind}' ({', '.join(kind.tasks)}), found "
            f"another one; change --task or --kind."
        )


def _choose_kind(raw_file: RawFile, raw: RawSummary, request: Request) -> tuple[str, str]:
    """Return the kind that the user requested, or else the first one that recognises the data, and the reason."""
    if request.kind is not None:
        recognition = kinds.get(request.kind).recognise(raw)
        return request.kind, recognition.reason if recognition.is_match else "as requested"
    readers = [name for name in _by_priority() if kinds.get(name).raw_format.holds_arrays == raw_file.holds_arrays]
    candidates = [name for name in readers if request.task is None or request.task in kinds.get(name).tasks]
    declined: list[str] = []
    for name in readers:
        recognition = kinds.get(name).recognise(raw)
        if name not in candidates:
            declined += [f"without --task it would be of kind '{name}'"] if recognition.is_match else []
        elif recognition.is_match:
            alternatives = declined if name == candidates[-1] else []
            return name, "; ".join([recognition.reason, *alternatives])
        elif recognition.reason:
            declined.append(f"not {name}: {recognition.reason}")
    if not candidates:
        content = "arrays" if raw_file.holds_arrays else "a table"
        raise ParameterError(
            f"--task {request.task}: expected data of a kind that has this task, found {content} in {raw.file}, which "
            f"none of them reads; change --task or --data."
        )
    return candidates[0], "; ".join(declined)  # this kind explains what it expects


def _by_priority() -> list[str]:
    return sorted(kinds.names(), key=lambda name: (-kinds.get(name).priority, name))
