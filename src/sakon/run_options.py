"""What a user writes on the command line: the name of a problem, parameters, paths of new data."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from sakon.errors import ParameterError

CONF = "conf"
DATA_KEYS = ("scoring", "distributed")
"""Blocks of parameters whose value `data` is a path."""
EXAMPLE = "mlp.units=[64,32],mlp.epochs=5"

_KEY = r"""\s*(?P<key>(?:"[^"]*"|'[^']*'|[^=,"'\s])+)\s*="""
_NEXT_ITEM = re.compile(rf",(?={_KEY})")
_STEP = re.compile(r""""([^"]*)"|'([^']*)'|([^.]+)""")
_INTEGER = re.compile(r"[+-]?(0|[1-9]\d*)")
_FLOAT = re.compile(r"[+-]?(0|[1-9]\d*)?(\.\d*)?([eE][+-]?\d+)?")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_CLOSING = {"[": "]", "{": "}"}


def environment_name(env: str) -> str:
    """Return the name of an environment that may be written as the path of its folder, such as `small/`."""
    parts = PurePosixPath(env.replace("\\", "/")).parts
    is_path_of_folder = len(parts) > 1 and parts[-2] == CONF
    return parts[-1] if len(parts) == 1 or is_path_of_folder else env


def parse_parameters(text: str, is_block: Callable[[str], bool]) -> dict[str, Any]:
    """Return the parameters of an option such as `--params mlp.units=[64,32],scoring.data=a,b.csv`.

    A value may be a number, a list, a mapping, a text in quotes, or a plain text, which may contain commas. A key that
    contains a dot is written in quotes: `problem.class_weight."1.5"=2`.

    Args:
        text: The option.
        is_block: Whether a name is one of the blocks of parameters; what follows a comma in a path is not.

    Raises:
        ParameterError: If a key or a value is missing or incomplete.
    """
    parameters: dict[str, Any] = {}
    rest = text.strip()
    while rest:
        match = re.match(_KEY, rest)
        if match is None:
            raise ParameterError(
                f"--params {text}: expected KEY=VALUE, or several with commas between them, such as {EXAMPLE}, found "
                f"'{rest}'."
            )
        value, rest = _split_value(rest[match.end() :], match["key"], is_block, text)
        _set_value(parameters, _steps(match["key"]), value, text)
    return parameters


def absolute_data_paths(parameters: Mapping[str, Any], project: Path) -> dict[str, Any]:
    """Return parameters with the paths of new data as the user means them: relative to where the user stands.

    Args:
        parameters: Parameters of a session.
        project: Folder of the project, to which a path is relative that leads nowhere from the working directory.
    """
    changed = dict(parameters)
    for name in DATA_KEYS:
        block = changed.get(name)
        if isinstance(block, Mapping) and isinstance(block.get("data"), str):
            changed[name] = {**block, "data": _user_path(block["data"], project)}
    return changed


def expand_home(path: str) -> str:
    """Return a path with the home folder in place of `~`."""
    try:
        return str(Path(path).expanduser()) if path.startswith("~") else path
    except RuntimeError:  # no such user
        return path


def _user_path(text: str, project: Path) -> str:
    path = expand_home(text)
    here = Path.cwd()
    if not path or "://" in path or Path(path).is_absolute() or here == project.resolve():
        return path
    exists_in_project_only = (project / path).exists() and not (here / path).exists()
    return path if exists_in_project_only else str(here / path)


def _split_value(text: str, key: str, is_block: Callable[[str], bool], option: str) -> tuple[Any, str]:
    """Return the value that a text begins with, and the text after its comma."""
    start = text.lstrip()
    if start[:1] in _CLOSING or start[:1] in ('"', "'"):
        end = _end_of_nested(start)
        after = start[end:].lstrip()
        if end and (not after or after[0] == ","):
            return _parse_yaml(start[:end], key, option), after[1:]
        if start[0] in _CLOSING:
            raise ParameterError(
                f"--params {option}: expected '{_CLOSING[start[0]]}' at the end of the value of {key}, found "
                f"'{start}'; put the whole option into quotes if the shell splits it."
            )
    commas = list(_NEXT_ITEM.finditer(text))
    if key in {f"{name}.data" for name in DATA_KEYS}:
        if _exists(text):
            return text.strip(), ""
        existing = [comma for comma in commas if _exists(text[: comma.start()])]
        commas = existing[-1:] or [comma for comma in commas if is_block(_steps(comma["key"])[0])]
    if not commas:
        return _convert(text.strip().removesuffix(",")), ""
    return _convert(text[: commas[0].start()]), text[commas[0].start() + 1 :]


def _exists(path: str) -> bool:
    try:
        return Path(expand_home(path.strip())).exists()
    except OSError:  # the text is too long for a name
        return False


def _end_of_nested(text: str) -> int:
    """Return where a list, a mapping or a quoted text ends; 0 if it does not."""
    closing: list[str] = []
    for position, character in enumerate(text):
        if closing and closing[-1] in ('"', "'"):
            if character == closing[-1]:
                closing.pop()
        elif character in ('"', "'"):
            closing.append(character)
        elif character in _CLOSING:
            closing.append(_CLOSING[character])
        elif closing and character == closing[-1]:
            closing.pop()
        if not closing:
            return position + 1
    return 0


def _parse_yaml(text: str, key: str, option: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ParameterError(
            f"--params {option}: expected a list or a mapping as the value of {key}, such as [64,32] or {{a: 1}}, "
            f"found '{text}'."
        ) from error


def _convert(text: str) -> Any:
    """Return a plain value as what it looks like; a number only if it would be written so: 007 is a text."""
    value = text.strip()
    if value.lower() in _WORDS:
        return _WORDS[value.lower()]
    if _INTEGER.fullmatch(value):
        return int(value)
    if any(map(str.isdigit, value)) and _FLOAT.fullmatch(value):
        return float(value)
    return value


def _steps(key: str) -> list[str]:
    return [next(filter(None, step), "") for step in _STEP.findall(key)]


def _set_value(parameters: dict[str, Any], steps: Collection[str], value: Any, option: str) -> None:
    *path, last = steps
    block = parameters
    for step in path:
        block = block.setdefault(step, {})
        if not isinstance(block, dict):
            raise ParameterError(f"--params {option}: expected one value of {step}, found a value and a block.")
    block[last] = value
