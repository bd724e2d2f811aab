"""`kedro problem new | list | check`: only the words of the command line; the work is imported when it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.group()
def problem() -> None:
    """Problems from your own data: set one up, list them, check one."""


@problem.command()
@click.argument("name")
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    help="CSV, TSV, Excel (.xlsx), Parquet, JSON (.jsonl), .npz, or a folder of images with one subfolder per class.",
)
@click.option("--target", help="Column to predict; of a folder of images, what its classes shall be called.")
@click.option("--kind", help="tabular, text, series or image, if the one inferred is not meant.")
@click.option("--task", help="classification, regression or forecast, if the one inferred is not meant.")
@click.option(
    "--copy", "copied", is_flag=True, help="Copy the data to data/01_raw/NAME/ instead of using them in place."
)
@click.pass_obj
def new(metadata: Any, name: str, data: Path, target: str, kind: str, task: str, copied: bool) -> None:
    """Look at a file, and write a commented configuration conf/NAME/ for it, ready to run and to edit."""
    from sakon.onboarding import console
    from sakon.onboarding.inference import Wanted
    from sakon.onboarding.new import new as set_up

    with console.busy(f"Looking at {data} …"):
        made = set_up(*_places(metadata), name, data, Wanted(target, kind, task), copied)
    console.tell_new(made)


@problem.command(name="list")
@click.pass_obj
def list_(metadata: Any) -> None:
    """List all problems, what is known of their data, and who serves."""
    from sakon.onboarding import console
    from sakon.onboarding.listing import problems

    console.tell_problems(problems(*_places(metadata)))


@problem.command()
@click.argument("name")
@click.pass_obj
def check(metadata: Any, name: str) -> None:
    """Check a problem's configuration and data, without training and without writing anything."""
    from sakon.onboarding import console
    from sakon.onboarding.checking import check as examine

    with console.busy(f"Checking {name} …"):
        examined = examine(*_places(metadata), name)
    console.tell_checked(examined)


def _places(metadata: Any) -> tuple[Path, Path]:
    """Return the project's root and its folder of configurations."""
    from kedro.framework.project import settings

    return metadata.project_path, metadata.project_path / settings.CONF_SOURCE
