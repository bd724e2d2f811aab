"""The project's commands: Kedro's `run` and `problem`. Errors of the user are sentences, not tracebacks."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from copy import copy
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import click
from kedro.framework.cli.project import run as kedro_run

from sakon.errors import ParameterError, SakonError, did_you_mean
from sakon.onboarding.commands import problem

RUNNER = "sakon.runner.FamilyRunner"
PATH_KEY = ".data"
"""How the names of parameters that are paths end."""


@click.group(name="sakon")
def cli() -> None:
    """Commands of this project."""


def _without_traceback(command: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(command)
    def run_command(*args: Any, **kwargs: Any) -> Any:
        from kedro.io import DatasetError

        try:
            return command(*args, **kwargs)
        except SakonError as error:
            _stop(*error.messages)
        except DatasetError as error:
            _stop(*_messages_of(error))
        except KeyboardInterrupt:
            _stop("Interrupted. Completed outputs were kept; rerun the command to resume.")

    return run_command


def _run(*args: Any, **kwargs: Any) -> Any:
    _check_pipelines([*(kwargs.get("pipelines") or ()), *filter(None, [kwargs.get("pipeline")])])
    return (kedro_run.callback or (lambda: None))(*args, **kwargs | {"runner": kwargs.get("runner") or RUNNER})


def split_parameters(text: str) -> list[str]:
    """Return the items `key=value` of the option `--params`; a comma inside of a path separates nothing.

    Args:
        text: Value of the option.
    """
    parts = text.split(",")
    items: list[str] = []
    while parts:
        key, _, path = parts[0].partition("=")
        count = _parts_of_path(path, parts[1:]) if key.strip().endswith(PATH_KEY) else 0
        items.append(",".join(parts[: count + 1]).strip())
        parts = parts[count + 1 :]
    return items


def _parts_of_path(path: str, others: list[str]) -> int:
    """Return how many further parts belong to a path: the most with which it exists, else those without a key."""
    for count in range(len(others), -1, -1):
        if Path(",".join([path, *others[:count]]).strip()).expanduser().exists():
            return count
    return next((count for count, part in enumerate(others) if "=" in part), len(others))


def _read_parameters(context: click.Context, option: click.Parameter, value: Any) -> Any:
    """Return the parameters of `--params` as Kedro does, but paths as they are, with commas and other marks."""
    from kedro.framework.cli.utils import _split_params
    from omegaconf import OmegaConf

    if not isinstance(value, str):
        return _split_params(context, option, value)
    blocks = []
    for item in split_parameters(value):
        key, _, path = item.partition("=")
        if key.strip().endswith(PATH_KEY) and path not in ("", "null"):
            quoted = path.replace("'", "''")
            blocks.append(OmegaConf.from_dotlist([f"{key.strip()}='{quoted}'"]))
        else:
            blocks.append(_split_params(context, option, item))
    return OmegaConf.to_container(OmegaConf.merge(*blocks)) if blocks else {}


def _with_reader(option: click.Parameter) -> click.Parameter:
    """Return an option of Kedro's `run`, of which `--params` is read by `_read_parameters`."""
    if option.name != "params":
        return option
    option = copy(option)
    option.callback = _read_parameters
    return option


def _check_pipelines(names: list[str]) -> None:
    pipelines = {path.parent.name for path in (Path(__file__).parent / "pipelines").glob("*/__init__.py")} | {
        "__default__"
    }
    unknown = [name for name in names if name not in pipelines]
    if unknown:
        raise ParameterError(
            *(f"--pipelines {name}: no such pipeline{did_you_mean(name, pipelines)}" for name in unknown)
        )


def _messages_of(error: BaseException) -> tuple[str, ...]:
    """Return the messages of a dataset's own error, or one sentence about the cause of its error."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, SakonError):
            return cause.messages
        cause = cause.__cause__
    return (_cause_of(error),)


def _cause_of(error: BaseException) -> str:
    """Return one sentence about the first cause of a dataset's error, which Kedro wraps in further errors."""
    chain: list[BaseException] = [error]
    while chain[-1].__cause__ is not None:
        chain.append(chain[-1].__cause__)
    outer = str(error).splitlines()[0].rstrip(".")
    if not outer and not isinstance(chain[-1], type(error)):  # wrong arguments of a dataset: Kedro's message names them
        return " ".join(str(error).split())
    inner = " ".join(str(chain[-1]).split())
    if isinstance(chain[-1], OSError) and chain[-1].errno is not None:
        return f"{outer}: {chain[-1].strerror} ({chain[-1].filename})."
    if type(chain[-1]) is type(error):
        return inner
    path = re.search(r"filepath=PurePosixPath\('([^']+)'\)", outer)
    return f"{path[1]}: could not be read or written: {inner}." if path else f"{outer}: {inner}"


def _stop(*sentences: str) -> NoReturn:
    for sentence in sentences:
        click.secho(sentence, err=True, fg="red")
    sys.exit(1)


run = click.Command(
    "run",
    callback=_without_traceback(_run),
    params=[_with_reader(option) for option in kedro_run.params],
    help="Run the pipelines of a problem: `kedro run [--env PROBLEM] [--pipelines a,b]`.",
)
cli.add_command(run)
for subcommand in problem.commands.values():
    subcommand.callback = _without_traceback(subcommand.callback or (lambda: None))
cli.add_command(problem)
