"""A new problem: look at the data, try the proposal, write it."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sakon.config_loader import DEFAULT_PROBLEM, NOT_PROBLEMS
from sakon.errors import DataError, ParameterError
from sakon.kinds import problem_errors
from sakon.onboarding import sources, writing
from sakon.onboarding.inference import Proposal, Wanted, propose
from sakon.onboarding.settings import Setting, as_configuration
from sakon.onboarding.sources import Source
from sakon.problem import Problem

NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
RESERVED = NOT_PROBLEMS | {DEFAULT_PROBLEM, "test"}
MANY_ROWS = 10_000
EXAMPLES_SEEN = 800_000
FEWEST_PASSES = 10


@dataclass(frozen=True)
class New:
    """A problem that has been written.

    Attributes:
        name: Its name.
        folder: Where its configuration is.
        filepath: Where its data are, as the catalog says.
        copied: Whether the data were copied there.
        proposal: What was inferred.
        settings: Of the catalog, then of the problem.
    """

    name: str
    folder: Path
    filepath: str
    copied: bool
    proposal: Proposal
    settings: tuple[Setting, ...]


def new(project: Path, conf: Path, name: str, data: Path, wanted: Wanted, copied: bool = False) -> New:
    """Set up a problem.

    The data are used where they lie, by a path relative to the project if they lie within; a copy is made only if
    asked for. Everything is tried in memory before anything is written.

    Args:
        project: Root of the project.
        conf: Its folder of configurations.
        name: Name of the problem.
        data: The file or folder of raw data.
        wanted: What the user says about it.
        copied: Whether to copy the data to `data/01_raw/<name>/`.

    Raises:
        ParameterError: If the name is taken or none, or if what is wanted does not fit.
        DataError: If the data cannot be read or learnt from.
    """
    folder = check_name(conf, name)
    source = sources.find(data.expanduser())
    proposal = propose(source, wanted)
    place = project / "data" / "01_raw" / name / data.name if copied else Path.cwd() / source.path
    filepath = place.relative_to(project).as_posix() if place.is_relative_to(project) else place.as_posix()
    _try(proposal, source)
    catalog = _catalog(source, filepath, copied)
    files = {"catalog.yml": _catalog_file(name, catalog), "parameters.yml": _parameters_file(name, proposal)}
    try:
        _write(folder, files, source.path, place if copied else None)
    except OSError as error:
        where = error.filename or folder
        raise ParameterError(
            f"{where}: cannot be written ({error.strerror or error}); mind permissions and room on the disk. Nothing "
            f"was set up."
        ) from error
    return New(name, folder, filepath, copied, proposal, (*catalog, *proposal.settings, *_pace(proposal)))


def _write(folder: Path, files: dict[str, str], data: Path, place: Path | None) -> None:
    """Copy the data where a place is given, and write the configuration: both or neither."""
    if place is not None:
        writing.copy(data, place)
    try:
        writing.write(folder, files)
    except BaseException:
        if place is not None:
            shutil.rmtree(place) if place.is_dir() else place.unlink()
        raise


def check_name(conf: Path, name: str) -> Path:
    """Return the folder that a problem of that name would have.

    Raises:
        ParameterError: If the name is none, reserved or taken.
    """
    if not NAME.fullmatch(name):
        raise ParameterError(
            f"NAME {name}: expected a lower-case letter, then letters, digits or underscores (50 at most), such as "
            f"'wine_quality': it names folders, the MLflow experiment and the registered model."
        )
    if name in RESERVED:
        raise ParameterError(f"NAME {name}: expected a name of your own, found one that the project itself uses.")
    if (conf / name).exists():
        raise ParameterError(
            f"NAME {name}: there is a problem of that name already ({conf.name}/{name}/); choose another, or "
            f"edit that one."
        )
    return conf / name


def _catalog(source: Source, filepath: str, copied: bool) -> list[Setting]:
    top: tuple[str, ...] = ("raw",)
    settings = []
    if source.joined is not None:
        date, hour, moment = source.joined
        why = f"joins '{date}' and '{hour}' to the column '{moment}'"
        settings.append(Setting((*top, "type"), "sakon.datasets.TimestampDataset", why, told=False))
        settings += [
            Setting((*top, key), value, told=False)
            for key, value in (("date", date), ("hour", hour), ("timestamp", moment))
        ]
        top = (*top, "dataset")
    where = (
        "a copy"
        if copied
        else "where the data lie"
        if not Path(filepath).is_absolute()
        else ("where the data lie, outside the project: this path holds on this machine only")
    )
    settings += [
        Setting((*top, "type"), source.type, told=False),
        Setting((*top, "filepath"), filepath, where, told=False),
    ]
    settings += [Setting((*top, key), value, why) for key, (value, why) in source.arguments.items()]
    settings += [Setting((*top, "load_args", key), value, why) for key, (value, why) in source.load_args.items()]
    return [*settings, Setting(("raw", "metadata"), {"kedro-viz": {"layer": "raw"}}, told=False)]


def _catalog_file(name: str, catalog: list[Setting]) -> str:
    title = [f"{name}: where the raw data are and how they are read. Set up by `kedro problem new`; edit as you like."]
    return writing.render(title, catalog)


def _parameters_file(name: str, proposal: Proposal) -> str:
    title = [
        f"{name}: {', '.join(proposal.facts)} in {proposal.source.path.name}.",
        "Set up by `kedro problem new`; edit as you like.",
        f"  kedro problem check {name}      is all in order? nothing is trained or written",
        f"  kedro run --env={name}          every family, then the leaderboard",
        "All keys: conf/README.md",
    ]
    return writing.render(title, [*_with_defaults(proposal.settings), *_pace(proposal)])


def _with_defaults(settings: list[Setting]) -> list[Setting]:
    """Add the fractions of the split, which are the same for every problem."""
    defaults = [
        Setting(("problem", "split", "validation"), 0.16, "of the rows, to choose by", told=False),
        Setting(("problem", "split", "test"), 0.2, "of the rows, for the final figure", told=False),
        Setting(("problem", "seed"), 42, "of every random choice", active=False),
    ]
    options = [setting for setting in settings if setting.path[1] == "options"]
    return [*(setting for setting in settings if setting not in options), *defaults, *options]


def _pace(proposal: Proposal) -> list[Setting]:
    """Return settings that keep the slow families bearable where there are many examples to pass over."""
    kind = as_configuration(proposal.settings)["problem"]["kind"]
    if proposal.rows < MANY_ROWS or kind == "series":  # a long series has a stride
        return []
    passes = max(FEWEST_PASSES, EXAMPLES_SEEN // proposal.rows)
    why = f"{proposal.rows:,} rows: larger batches and fewer passes learn nearly as much in less time"
    faster = {"mlp": ("batch_size", 256), "rnn": ("batch_size", 256), "gan": ("epochs", passes)}
    faster["diffusion"] = ("epochs", passes)
    return [Setting((family, key), value, why) for family, (key, value) in faster.items()]


def _try(proposal: Proposal, source: Source) -> None:
    """Validate the configuration, and make records and split in memory.

    Raises:
        ParameterError: If the configuration does not fit.
        DataError: If no records can be made of the data, or they cannot be split.
    """
    from sakon.pipelines.ingestion.nodes import make_records

    given: dict[str, Any] = as_configuration(proposal.settings)["problem"]
    if faults := problem_errors(given):
        raise ParameterError(*faults)
    raw = source.load()
    try:
        make_records(raw, Problem.model_validate(given))
    except DataError as error:
        raise DataError(*(f"{source.path.name}: {fault}" for fault in error.messages)) from error
