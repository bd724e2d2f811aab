"""What the commands print."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sakon.onboarding.writing import as_yaml
from sakon.records.proposals import ProposedValue
from sakon.wording import MAX_LISTED, format_list, pluralise

if TYPE_CHECKING:
    from sakon.onboarding.checking import CheckResult
    from sakon.onboarding.listing import ProblemSummary
    from sakon.onboarding.new import NewProblem
    from sakon.problem import DataProfile

FILE_WIDTH = 130
"""Width of the output if it goes to a file or a pipe."""
MAX_VALUE_WIDTH = 44
UNKNOWN = "–"
HIDDEN_KEYS = ("options", "load_args", "dataset")


@contextmanager
def show_status(text: str) -> Iterator[None]:
    """Show on a terminal what is being done."""
    with Console(stderr=True).status(escape(text)):
        yield


def print_new_problem(new: NewProblem) -> None:
    """Print what was inferred, why, what was written and what to do next."""
    console = _console()
    raw_file = new.proposal.raw_file
    console.print(f"[bold]{escape(raw_file.path.name)}[/bold]: {escape(new.proposal.size)}")
    table = Table.grid(padding=(0, 2))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(max_width=MAX_VALUE_WIDTH)
    table.add_column(style="dim")
    for value in new.values:
        if value.printed and value.active:
            for row in _rows(value):
                table.add_row(*map(escape, row))
    console.print(table)
    for note in raw_file.notes:
        console.print(escape(f"Note: {note}."))
    data = (
        f"The data were copied to {new.filepath}."
        if new.is_copied
        else f"The data are read from {new.filepath}; use --copy to copy them into the project."
    )
    console.print(escape(data))
    conf = f"{new.folder.parent.name}/{new.name}"
    console.print(
        f"\nWritten: [bold]{conf}/catalog.yml[/bold] and [bold]{conf}/parameters.yml[/bold], with a reason for every "
        f"value; edit them as you like.\nNext: [cyan]kedro problem check {new.name}[/cyan], then "
        f"[cyan]kedro run --env={new.name}[/cyan]"
    )


def _rows(value: ProposedValue) -> list[tuple[str, str, str]]:
    """Return label, value and reason; of a list with reasons, one row for all elements with the same reason."""
    path = value.path[1:] if value.path[0] in ("problem", "raw") else value.path
    label = ".".join(key for key in path if key not in HIDDEN_KEYS)
    if value.elements is None:
        is_long = isinstance(value.value, list) and len(value.value) > MAX_LISTED
        return [(label, format_list(value.value) if is_long else as_yaml(value.value), value.reason)]
    by_reason: dict[str, list[str]] = {}
    for element, reason in value.elements.items():
        by_reason.setdefault(reason, []).append(str(element))
    return [
        (label if number == 0 else "", format_list(names), reason)
        for number, (reason, names) in enumerate(by_reason.items())
    ]


def print_problems(problems: list[ProblemSummary]) -> None:
    """Print the problems, one line each."""
    table = Table(box=SIMPLE_HEAD)
    for name in ("problem", "kind", "task", "rows", "champion", "test score"):
        table.add_column(name, justify="right" if name == "rows" else "left", no_wrap=name != "problem")
    for problem in problems:
        if problem.error:
            table.add_row(problem.name, f"[red]invalid: kedro problem check {problem.name}[/red]")
            continue
        champion = problem.champion
        table.add_row(
            problem.name,
            problem.kind or UNKNOWN,
            problem.task or UNKNOWN,
            UNKNOWN if problem.rows is None else f"{problem.rows:,}",
            UNKNOWN if champion is None else f"{champion.family} v{champion.version}",
            UNKNOWN if champion is None else f"{champion.metric} {_format_number(champion.value)}",
        )
    _console().print(table)


def _format_number(value: float) -> str:
    from sakon.metrics import format_metric

    return format_metric(value)


def print_check_result(result: CheckResult) -> None:
    """Print the size of the data, the target, the splits, and what needs attention."""
    console = _console()
    profile = result.profile
    env = f" --env={result.env}" if result.env else ""
    if profile:
        columns = _count_types(list(profile.columns.values()))
        size = f"{profile.kind} {profile.task}, {profile.rows:,} rows, {columns}"
        splits = ", ".join(f"{name} {count:,}" for name, count in profile.examples.items())
        console.print(
            f"[bold]{result.name}[/bold]: {escape(size)}\nTarget: {escape(_describe_target(profile))}\nSplit: {splits}"
        )
    for warning in result.warnings:
        console.print(f"[yellow]•[/yellow] {escape(warning)}")
    subject = "Configuration and data are" if profile else "The configuration is"
    console.print(f"[green]{subject} valid.[/green] Next: [cyan]kedro run{env}[/cyan]")


def _count_types(types: list[str]) -> str:
    counts = {column_type: types.count(column_type) for column_type in dict.fromkeys(types)}
    return ", ".join(f"{count} {pluralise(column_type, count)}" for column_type, count in counts.items())


def _describe_target(profile: DataProfile) -> str:
    target = profile.target
    if profile.task != "classification":
        statistics = {"min": "minimum", "50%": "median", "max": "maximum"}
        return ", ".join(f"{name} {_format_number(target[key])}" for key, name in statistics.items())
    rows, by_frequency = sum(target.values()), sorted(target, key=lambda label: -target[label])
    shares = format_list([f"{label} {target[label] / rows:.1%}" for label in by_frequency])
    return f"{len(target)} classes: {shares}"


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=FILE_WIDTH)
