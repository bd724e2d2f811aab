"""The command line of `kedro problem new | list | check`. The work is imported when a command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import click


@click.group()
def problem() -> None:
    """Create a problem from your own data, list all problems, check one."""


@problem.command()
@click.argument("name")
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    help="CSV, TSV, Excel (.xlsx), Parquet, JSON (.jsonl), .npz, or a folder of images with one subfolder per class.",
)
@click.option("--target", help="Column to predict; for a folder of images, a name for its classes.")
@click.option("--kind", help="Kind of the problem, such as text, if the inferred one is wrong.")
@click.option("--task", help="Task, such as regression, if the inferred one is wrong.")
@click.option("--copy", is_flag=True, help="Copy the data to data/01_raw/NAME/ instead of using them where they are.")
@click.pass_obj
def new(
    metadata: Any, name: str, data: Path, target: str | None, kind: str | None, task: str | None, copy: bool
) -> None:
    """Read a file and write a commented configuration conf/NAME/ for it, ready to run and to edit."""
    from sakon.onboarding import console
    from sakon.onboarding.inference import Request
    from sakon.onboarding.new import create_problem
    from sakon.problem import Task

    request = Request(target, kind, cast("Task | None", task))  # the task is validated with the rest of the request
    with console.show_status(f"Reading {data} …"):
        created = create_problem(*_folders(metadata), name, data, request, copy)
    console.print_new_problem(created)


@problem.command(name="list")
@click.pass_obj
def list_(metadata: Any) -> None:
    """List every problem with its kind, task, number of rows and champion."""
    from sakon.onboarding import console
    from sakon.onboarding.listing import list_problems

    console.print_problems(list_problems(*_folders(metadata)))


@problem.command()
@click.argument("name")
@click.pass_obj
def check(metadata: Any, name: str) -> None:
    """Check the configuration and the data of a problem; nothing is trained or written."""
    from sakon.onboarding import console
    from sakon.onboarding.checking import check_problem

    with console.show_status(f"Checking {name} …"):
        result = check_problem(*_folders(metadata), name)
    console.print_check_result(result)


def _folders(metadata: Any) -> tuple[Path, Path]:
    """Return the root of the project and its configuration folder."""
    from kedro.framework.project import settings

    return metadata.project_path, metadata.project_path / settings.CONF_SOURCE
