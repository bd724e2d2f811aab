"""The project's own commands: Kedro's `run` and `problem`, with plain sentences instead of tracebacks."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import click
from kedro.framework.cli.project import run as kedro_run

from sakon.errors import ParameterError, SakonError, did_you_mean
from sakon.onboarding.commands import problem

RUNNER = "sakon.runner.FamilyRunner"


@click.group(name="sakon")
def cli() -> None:
    """Commands of this project."""


def _plainly(command: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(command)
    def run_plainly(*args: Any, **kwargs: Any) -> Any:
        from kedro.io import DatasetError

        try:
            return command(*args, **kwargs)
        except SakonError as error:
            _stop(*error.messages)
        except DatasetError as error:
            _stop(*_faults_of(error))
        except KeyboardInterrupt:
            _stop("Stopped. What was complete is kept; the same command goes on with an unfinished training.")

    return run_plainly


def _run(*args: Any, **kwargs: Any) -> Any:
    _check_pipelines([*(kwargs.get("pipelines") or ()), *filter(None, [kwargs.get("pipeline")])])
    return (kedro_run.callback or (lambda: None))(*args, **kwargs | {"runner": kwargs.get("runner") or RUNNER})


def _check_pipelines(names: list[str]) -> None:
    known = {path.parent.name for path in (Path(__file__).parent / "pipelines").glob("*/__init__.py")} | {"__default__"}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ParameterError(*(f"--pipelines {name}: no such pipeline{did_you_mean(name, known)}" for name in unknown))


def _faults_of(error: BaseException) -> tuple[str, ...]:
    """Return the faults that a dataset found itself, or the sentence at the root of its error."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, SakonError):
            return cause.messages
        cause = cause.__cause__
    return (_innermost(error),)


def _innermost(error: BaseException) -> str:
    """Return the sentence at the root of a dataset's error: Kedro wraps it in sentences of its own."""
    chain: list[BaseException] = [error]
    while chain[-1].__cause__ is not None:
        chain.append(chain[-1].__cause__)
    outer = str(error).splitlines()[0].rstrip(".")
    if not outer and not isinstance(chain[-1], type(error)):  # a dataset whose arguments do not fit: Kedro says which
        return " ".join(str(error).split())
    inner = " ".join(str(chain[-1]).split())
    if isinstance(chain[-1], OSError) and chain[-1].errno is not None:
        return f"{outer}: {chain[-1].strerror} ({chain[-1].filename})."
    if type(chain[-1]) is type(error):
        return inner
    path = re.search(r"filepath=PurePosixPath\('([^']+)'\)", outer)
    return f"{path[1]}: cannot be read or written whole: {inner}." if path else f"{outer}: {inner}"


def _stop(*sentences: str) -> NoReturn:
    for sentence in sentences:
        click.secho(sentence, err=True, fg="red")
    sys.exit(1)


run = click.Command(
    "run",
    callback=_plainly(_run),
    params=kedro_run.params,
    help="Run the pipelines of a problem: `kedro run [--env PROBLEM] [--pipelines a,b]`.",
)
cli.add_command(run)
for subcommand in problem.commands.values():
    subcommand.callback = _plainly(subcommand.callback or (lambda: None))
cli.add_command(problem)
