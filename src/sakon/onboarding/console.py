"""What the commands say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sakon.onboarding.settings import Setting, has_reasons, plural
from sakon.onboarding.writing import as_yaml

if TYPE_CHECKING:
    from sakon.onboarding.checking import Checked
    from sakon.onboarding.listing import Listed
    from sakon.onboarding.new import New

NARROWEST = 130
MOST_NAMED = 6
UNKNOWN = "–"
LONGEST_VALUE = 44


@contextmanager
def busy(words: str) -> Iterator[None]:
    """Show that something is being done, on a terminal, until it is."""
    with Console(stderr=True).status(escape(words)):
        yield


def tell_new(new: New) -> None:
    """Say what was inferred, why, what was written and what to do next."""
    console = _console()
    proposal = new.proposal
    console.print(f"[bold]{escape(proposal.source.path.name)}[/bold]: {escape(', '.join(proposal.facts))}")
    table = Table.grid(padding=(0, 2))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(max_width=LONGEST_VALUE)
    table.add_column(style="dim")
    for setting in new.settings:
        if setting.told and setting.active:
            for row in _rows(setting):
                table.add_row(*map(escape, row))
    console.print(table)
    for note in proposal.source.notes:
        console.print(escape(f"Note: {note}."))
    place = (
        f"copied to {new.filepath}" if new.copied else f"used where they lie ({new.filepath}); --copy would copy them"
    )
    console.print(escape(f"The data are {place}."))
    conf = f"{new.folder.parent.name}/{new.name}"
    console.print(
        f"\nWritten: [bold]{conf}/catalog.yml[/bold] and [bold]{conf}/parameters.yml[/bold], every choice with its "
        f"reason: edit them as you like.\nNext: [cyan]kedro problem check {new.name}[/cyan], then "
        f"[cyan]kedro run --env={new.name}[/cyan]"
    )


def _rows(setting: Setting) -> list[tuple[str, str, str]]:
    of_family = setting.path[0] not in ("problem", "raw")
    path = setting.path if of_family else setting.path[1:]
    label = ".".join(key for key in path if key not in ("options", "load_args", "dataset"))
    if not has_reasons(setting):
        listed = isinstance(setting.value, list) and len(setting.value) > MOST_NAMED
        return [(label, _listed(setting.value) if listed else as_yaml(setting.value), setting.why)]
    alike: dict[str, list[str]] = {}
    for element, why in setting.value.items():
        alike.setdefault(why, []).append(str(element))
    return [(label if number == 0 else "", _listed(names), why) for number, (why, names) in enumerate(alike.items())]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def tell_problems(problems: list[Listed]) -> None:
    """Print the problems, one line each."""
    table = Table(box=SIMPLE_HEAD)
    for name in ("problem", "kind", "task", "rows", "champion", "test figure"):
        table.add_column(name, justify="right" if name == "rows" else "left", no_wrap=name != "problem")
    for each in problems:
        if each.fault:
            table.add_row(each.name, f"[red]faulty: kedro problem check {each.name}[/red]")
            continue
        family, version, metric, value = each.champion or (None, None, None, None)
        table.add_row(
            each.name,
            each.kind or UNKNOWN,
            each.task or UNKNOWN,
            UNKNOWN if each.rows is None else f"{each.rows:,}",
            UNKNOWN if family is None else f"{family} v{version}",
            UNKNOWN if value is None else f"{metric} {_figure(value)}",
        )
    _console().print(table)


def _figure(value: float) -> str:
    from sakon.metrics import format_metric

    return format_metric(value)


def tell_checked(checked: Checked) -> None:
    """Say that a problem is in order, and what deserves attention."""
    console = _console()
    profile = checked.profile
    env = f" --env={checked.env}" if checked.env else ""
    if profile:
        types = _counted(list(profile["columns"].values()))
        what = f"{profile['kind']} {profile['task']}, {profile['rows']:,} rows, {types}"
        parts = ", ".join(f"{name} {count:,}" for name, count in checked.parts.items())
        console.print(
            f"[bold]{checked.name}[/bold]: {escape(what)}\nTarget: {escape(_target(profile))}\nSplit: {parts}"
        )
    for remark in checked.remarks:
        console.print(f"[yellow]•[/yellow] {escape(remark)}")
    whole = "Configuration and data are" if profile else "The configuration is"
    console.print(f"[green]{whole} in order.[/green] Next: [cyan]kedro run{env}[/cyan]")


def _counted(types: list[str]) -> str:
    counts = {each: types.count(each) for each in dict.fromkeys(types)}
    return ", ".join(f"{count} {plural(each, count)}" for each, count in counts.items())


def _target(profile: dict[str, Any]) -> str:
    target = profile["target"]
    if profile["task"] != "classification":
        return ", ".join(
            f"{words} {_figure(target[name])}"
            for name, words in (("min", "least"), ("50%", "median"), ("max", "greatest"))
        )
    rows, ranked = sum(target.values()), sorted(target, key=lambda label: -target[label])
    shown = _listed([f"{label} {target[label] / rows:.1%}" for label in ranked])
    return f"{len(target)} classes: {shown}"


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=NARROWEST)
