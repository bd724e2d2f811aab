"""The project's commands: Kedro's `run` and `problem`. Errors of the user are sentences, not tracebacks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import click
from kedro.framework.cli.project import run as kedro_run

from sakon import families
from sakon.errors import FULL_DISK, ParameterError, SakonError, did_you_mean, sentences_of
from sakon.interrupts import exit_status, signals_as_interrupts
from sakon.onboarding.commands import problem
from sakon.output import replace_missing_characters
from sakon.run_options import parse_parameters

RUNNER = "sakon.runner.FamilyRunner"
BLOCKS = ("problem", "evaluation", "scoring", "distributed", "mlflow", "run")
"""Blocks of parameters besides those of the families."""
FILTER_ERRORS = ("Pipeline does not contain", "Pipeline contains no nodes")
"""How Kedro's messages about `--nodes`, `--tags`, `--to-outputs` … begin."""
INTERRUPTED = "Interrupted. Completed outputs were kept; rerun the command to resume."


@click.group(name="sakon")
def cli() -> None:
    """Commands of this project."""


def _without_traceback(command: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(command)
    def run_command(*args: Any, **kwargs: Any) -> Any:
        from kedro.config import MissingConfigException
        from kedro.io import DatasetError

        replace_missing_characters()
        try:
            with signals_as_interrupts():
                return command(*args, **kwargs)
        except SakonError as error:
            _stop(1, *error.messages)
        except (DatasetError, MissingConfigException) as error:
            _stop(1, *sentences_of(error))
        except OSError as error:
            if error.filename is None and error.errno not in FULL_DISK:
                raise
            _stop(1, *sentences_of(error))
        except ValueError as error:
            if not str(error).startswith(FILTER_ERRORS):
                raise
            _stop(1, _filter_sentence(str(error)))
        except KeyboardInterrupt as interrupt:
            _stop(exit_status(interrupt), INTERRUPTED)

    return run_command


def _run(*args: Any, **kwargs: Any) -> Any:
    _check_pipelines([*(kwargs.get("pipelines") or ()), *filter(None, [kwargs.get("pipeline")])])
    runner = kwargs.get("runner") or RUNNER
    _check_runner(runner)
    if isinstance(kwargs.get("params"), str):
        kwargs["params"] = parse_parameters(kwargs["params"], is_block)
    return (kedro_run.callback or (lambda: None))(*args, **kwargs | {"runner": runner})


def is_block(name: str) -> bool:
    """Return whether parameters have a block of that name."""
    return name in (*BLOCKS, *families.names())


def _with_configuration(command: Callable[..., Any]) -> Callable[..., Any]:
    """Check that there is a configuration before a command of `problem` reads it."""

    @wraps(command)
    def run_command(*args: Any, **kwargs: Any) -> Any:
        from kedro.framework.project import settings

        folder = click.get_current_context().obj.project_path / settings.CONF_SOURCE
        if not folder.is_dir():
            raise ParameterError(
                f"{folder}: expected the folder of the configuration, found none; change to the project's folder."
            )
        return command(*args, **kwargs)

    return run_command


def _check_pipelines(names: list[str]) -> None:
    pipelines = {path.parent.name for path in (Path(__file__).parent / "pipelines").glob("*/__init__.py")} | {
        "__default__"
    }
    unknown = [name for name in names if name not in pipelines]
    if unknown:
        raise ParameterError(
            *(f"--pipelines {name}: no such pipeline{did_you_mean(name, pipelines)}" for name in unknown)
        )


def _filter_sentence(message: str) -> str:
    """Return Kedro's message about `--nodes`, `--tags`, `--to-outputs` … as a sentence that says what to do."""
    if message.startswith(FILTER_ERRORS[1]):
        message = "No node passes all of --nodes, --tags, --namespaces, --from-… and --to-…"
    remedy = "`kedro registry describe PIPELINE` lists the nodes of a pipeline, with their inputs and outputs"
    return f"{message.splitlines()[0].rstrip('.')}; {remedy}."


def _check_runner(name: str) -> None:
    """Check that a runner exists, and that it runs nodes one after another."""
    from kedro.utils import load_obj

    from sakon.runner import check_runner

    check_runner(name)
    try:
        load_obj(name, "kedro.runner")
    except (ImportError, AttributeError, ValueError) as error:
        raise ParameterError(
            f"--runner {name}: expected the name of a runner's class, found none of that name; leave the option out."
        ) from error


def _stop(status: int, *sentences: str) -> NoReturn:
    with suppress(OSError):  # the terminal may be gone
        for sentence in sentences:
            click.secho(sentence, err=True, fg="red")
    sys.exit(status)


def _run_options() -> list[click.Parameter]:
    """Return Kedro's options of `run`; `--params` is parsed by the project, which knows lists and commas in paths."""
    options = [copy(option) for option in kedro_run.params]
    for option in options:
        if option.name == "params":
            option.callback = None
    return options


run = click.Command(
    "run",
    callback=_without_traceback(_run),
    params=_run_options(),
    help="Run the pipelines of a problem: `kedro run [--env PROBLEM] [--pipelines a,b]`.",
)
cli.add_command(run)
for subcommand in problem.commands.values():
    subcommand.callback = _without_traceback(_with_configuration(subcommand.callback or (lambda: None)))
cli.add_command(problem)
