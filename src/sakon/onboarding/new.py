"""Creates a problem: reads the data, tries the proposal in memory, writes the configuration."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sakon import families
from sakon.config_loader import DEFAULT_PROBLEM, NOT_PROBLEMS
from sakon.errors import DataError, ParameterError
from sakon.kinds import problem_errors
from sakon.onboarding import writing
from sakon.onboarding.configuration import as_configuration
from sakon.onboarding.inference import Proposal, Request, propose
from sakon.onboarding.raw_files import TABLE_FILE, TIMESTAMPS, Argument, RawFile
from sakon.onboarding.readers import find_raw_file
from sakon.onboarding.splits import default_fractions
from sakon.problem import DataProfile, Problem
from sakon.records.profile import describe_records
from sakon.records.proposals import ProposedValue

NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
RESERVED = NOT_PROBLEMS | {DEFAULT_PROBLEM, "test"}
MIN_ROWS_TO_SHORTEN = 10_000
MAX_TRAINING_EXAMPLES = 800_000
"""Examples that a shortened training reads: rows times epochs."""
MIN_ROWS_FOR_BUDGET = 50_000
ROWS_PER_MINUTE, MAX_MINUTES = 1_000, 240
"""Time budget that is proposed: by rows, up to four hours."""
MIN_EPOCHS = 10
LARGE_BATCH = 256


@dataclass(frozen=True)
class NewProblem:
    """A problem that was created.

    Attributes:
        name: Its name.
        folder: Its configuration folder.
        filepath: Path of its data, as in the catalog.
        is_copied: Whether the data were copied there.
        proposal: The proposal that was written.
        values: The values of the catalog, then of the parameters.
    """

    name: str
    folder: Path
    filepath: str
    is_copied: bool
    proposal: Proposal
    values: tuple[ProposedValue, ...]


def create_problem(
    project: Path, conf: Path, name: str, data: Path, request: Request, copy: bool = False
) -> NewProblem:
    """Create a problem, after its proposal was tried in memory.

    The data are read where they are, by a path relative to the project if they are inside it, or copied on request.

    Args:
        project: Root of the project.
        conf: Its configuration folder.
        name: Name of the problem.
        data: The file or folder of raw data.
        request: What the user requests of the problem.
        copy: Whether to copy the data to `data/01_raw/<name>/`.

    Raises:
        ParameterError: If the name is invalid or taken, or the request does not fit the data.
        DataError: If the data cannot be read, or nothing can be learned from them.
    """
    folder = check_name(conf, name)
    raw_file = find_raw_file(data.expanduser(), request.target)
    proposal = propose(raw_file, request)
    location = project / "data" / "01_raw" / name / data.name if copy else Path.cwd() / raw_file.path
    filepath = (location.relative_to(project) if location.is_relative_to(project) else location).as_posix()
    raw_file.notes += (sentence.removesuffix(".") for sentence in describe_records(_try_proposal(proposal)))
    catalog = _catalog_values(raw_file, filepath, copy)
    shortened = _shorten_training(proposal)
    files = {
        "catalog.yml": _render_catalog(name, catalog),
        "parameters.yml": _render_parameters(name, proposal, shortened),
    }
    try:
        _write(folder, files, raw_file.path, location if copy else None)
    except OSError as error:
        path = error.filename or folder
        raise ParameterError(
            f"{path}: could not be written ({error.strerror or error}); check permissions and free disk space. No "
            f"problem was created."
        ) from error
    return NewProblem(name, folder, filepath, copy, proposal, (*catalog, *proposal.values, *shortened))


def _write(folder: Path, files: dict[str, str], data: Path, copy: Path | None) -> None:
    """Copy the data to `copy`, if it is a path, and write the configuration: both or neither."""
    if copy is not None:
        writing.copy_data(data, copy)
    try:
        writing.write_folder(folder, files)
    except BaseException:
        if copy is not None:
            shutil.rmtree(copy) if copy.is_dir() else copy.unlink()
        raise


def check_name(conf: Path, name: str) -> Path:
    """Return the configuration folder of a new problem.

    Raises:
        ParameterError: If the name is invalid, reserved or taken.
    """
    if not NAME.fullmatch(name):
        raise ParameterError(
            f"NAME {name}: expected a lower-case letter, then letters, digits or underscores (50 at most), such as "
            f"'wine_quality': it names folders, the MLflow experiment and the registered model."
        )
    if name in RESERVED:
        raise ParameterError(f"NAME {name}: expected a new name, found one that the project itself uses.")
    if (conf / name).exists():
        raise ParameterError(
            f"NAME {name}: expected a new name, found a problem with that name ({conf.name}/{name}/); choose another "
            f"name, or edit that problem."
        )
    return conf / name


def _catalog_values(raw_file: RawFile, filepath: str, is_copied: bool) -> list[ProposedValue]:
    block: tuple[str, ...] = ("raw",)
    values = []
    if raw_file.timestamp_columns is not None:
        columns = raw_file.timestamp_columns
        reason = f"joins '{columns.date}' and '{columns.hour}' to the column '{columns.timestamp}'"
        values.append(ProposedValue((*block, "type"), TIMESTAMPS, reason, printed=False))
        values += [ProposedValue((*block, key), name, printed=False) for key, name in columns.arguments.items()]
        block = (*block, "dataset")
    if raw_file.table_arguments:
        values.append(ProposedValue((*block, "type"), TABLE_FILE, printed=False))
        for name, argument in raw_file.table_arguments.items():
            by_column = {(name,): argument} if isinstance(argument, Argument) else _by_column(name, argument)
            values += [ProposedValue((*block, *path), each.value, each.reason) for path, each in by_column.items()]
        block = (*block, "dataset")
    location = "a copy of the data" if is_copied else "the original file"
    if Path(filepath).is_absolute():
        location = "outside the project: this path is valid on this machine only"
    values.append(ProposedValue((*block, "type"), raw_file.type, printed=False))
    values.append(ProposedValue((*block, "filepath"), filepath, location, printed=False))
    for path, arguments in ((block, raw_file.arguments), ((*block, "load_args"), raw_file.load_args)):
        values += [ProposedValue((*path, name), each.value, each.reason) for name, each in arguments.items()]
    return [*values, ProposedValue(("raw", "metadata"), {"kedro-viz": {"layer": "raw"}}, printed=False)]


def _by_column(name: str, arguments: dict[str, Argument]) -> dict[tuple[str, str], Argument]:
    return {(name, column): argument for column, argument in arguments.items()}


def _render_catalog(name: str, catalog: list[ProposedValue]) -> str:
    title = f"{name}: the raw data and how they are read. Written by `kedro problem new`; edit as you like."
    return writing.render([title], catalog)


def _render_parameters(name: str, proposal: Proposal, shortened: list[ProposedValue]) -> str:
    title = [
        f"{name}: {proposal.size} in {proposal.raw_file.path.name}.",
        "Written by `kedro problem new`; edit as you like.",
        f"  kedro problem check {name}      checks configuration and data; nothing is trained or written",
        f"  kedro run --env={name}          trains every family and writes the leaderboard",
        "All keys: conf/README.md",
    ]
    options = [value for value in proposal.values if value.path[1] == "options"]
    others = [value for value in proposal.values if value.path[1] != "options"]
    seed = ProposedValue(
        ("problem", "seed"), Problem.model_fields["seed"].default, "of all random choices", active=False
    )
    return writing.render(title, [*others, *default_fractions(), seed, *options, *shortened])


def _shorten_training(proposal: Proposal) -> list[ProposedValue]:
    """Return parameters with which all families train in acceptable time on many examples; of very many, a time budget.

    A kind with an option `stride` limits the number of its training examples itself.
    """
    if proposal.rows < MIN_ROWS_TO_SHORTEN or "stride" in proposal.kind.options_class.model_fields:
        return []
    epochs = max(MIN_EPOCHS, MAX_TRAINING_EXAMPLES // proposal.rows)
    reason = f"{proposal.rows:,} rows: larger batches and fewer epochs take less time and learn nearly as well"
    shorter = {"larger batches": ("batch_size", LARGE_BATCH), "fewer epochs": ("epochs", epochs)}
    slow = {name: how for name in families.names() if (how := families.get(name).on_many_rows) is not None}
    values = [ProposedValue((name, shorter[how][0]), shorter[how][1], reason) for name, how in slow.items()]
    if proposal.rows >= MIN_ROWS_FOR_BUDGET:
        minutes = min(proposal.rows // ROWS_PER_MINUTE, MAX_MINUTES)
        reason = (
            f"{proposal.rows:,} rows: the time that a run may take; each family gets a share, and the leaderboard says "
            f"which were cut short; null: as long as it takes, which can be repeated to the bit"
        )
        values.append(ProposedValue(("run", "minutes"), minutes, reason))
    return values


def _try_proposal(proposal: Proposal) -> DataProfile:
    """Validate the configuration, make records and splits in memory, and return the profile of the records.

    Raises:
        ParameterError: If the configuration is invalid.
        DataError: If no records can be made of the data, or they cannot be split.
    """
    from sakon.pipelines.ingestion.nodes import make_records

    problem: dict[str, Any] = as_configuration(proposal.values)["problem"]
    if errors := problem_errors(problem):
        raise ParameterError(*errors)
    raw = proposal.raw_file.load()
    try:
        return make_records(raw, Problem.model_validate(problem))[2]
    except DataError as error:
        raise DataError(*(f"{proposal.raw_file.path.name}: {message}" for message in error.messages)) from error
