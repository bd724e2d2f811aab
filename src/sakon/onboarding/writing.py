"""Configuration written as YAML, every choice with its reason, complete or not at all."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from sakon.errors import ParameterError
from sakon.onboarding.settings import Setting, has_reasons

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
RESERVED = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"])
COMMENT_COLUMN = 40
LONGEST_LINE = 120


class _Dumper(yaml.SafeDumper):
    """Quotes every text that some reader of YAML might take for something else."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    plain = PLAIN.fullmatch(value) and value.lower() not in RESERVED
    # OmegaConf would take ${…} for a reference.
    return dumper.represent_scalar("tag:yaml.org,2002:str", value.replace("${", r"\${"), style=None if plain else '"')


_Dumper.add_representer(str, _text)


def as_yaml(value: Any) -> str:
    """Return a value in one line of YAML."""
    flow = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=True, allow_unicode=True, width=float("inf"), sort_keys=False
    )
    return flow.strip().removesuffix("...").strip()


def render(title: Sequence[str], settings: Sequence[Setting]) -> str:
    """Return a file of YAML: a title in comments, then every setting with its reason.

    Alternatives, and blocks that hold nothing else, are commented out.
    """
    return "\n".join([*(f"# {_printable(line)}".rstrip() for line in title), *_block(settings)]) + "\n"


def _printable(words: str) -> str:
    """Return what a comment of YAML may hold."""
    return "".join(character if character.isprintable() else " " for character in words)


def _block(settings: Sequence[Setting], depth: int = 0, margin: str = "") -> Iterator[str]:
    for key in dict.fromkeys(setting.path[depth] for setting in settings):
        inner = [setting for setting in settings if setting.path[depth] == key]
        if len(inner[0].path) == depth + 1:
            for setting in inner:
                yield from _leaf(setting, _margin(margin, setting.active))
            continue
        own = _margin(margin, any(setting.active for setting in inner))
        yield f"{own}{as_yaml(key)}:"
        yield from _block(inner, depth + 1, f"{own}  ")


def _margin(margin: str, active: bool) -> str:
    """Return what stands before a line: the marks of a comment once, as far right as the line begins."""
    return margin if active or "#" in margin else f"{margin}# "


def _leaf(setting: Setting, margin: str) -> Iterator[str]:
    key = f"{margin}{as_yaml(setting.path[-1])}:"
    if has_reasons(setting) and setting.value:
        yield key
        for element, why in setting.value.items():
            yield from _commented(f"{margin}  - {as_yaml(element)}", why, f"{margin}  ")
    else:
        yield from _commented(f"{key} {as_yaml(_plain(setting))}", setting.why, margin)


def _plain(setting: Setting) -> Any:
    return list(setting.value) if has_reasons(setting) else setting.value


def _commented(line: str, why: str, margin: str) -> Iterator[str]:
    why = " ".join(_printable(why).split())
    beside = f"{line:{COMMENT_COLUMN}}# {why}" if len(line) < COMMENT_COLUMN else f"{line}  # {why}"
    if not why:
        yield line
    elif len(beside) <= LONGEST_LINE:
        yield beside
    else:
        before = f"{margin.split('#')[0]}# "
        yield from textwrap.wrap(why, LONGEST_LINE, initial_indent=before, subsequent_indent=before)
        yield line


def write(folder: Path, files: dict[str, str]) -> None:
    """Write a new folder of files: all of them or none.

    Args:
        folder: The folder; must not exist.
        files: Name → content.

    Raises:
        ParameterError: If the folder has come into being meanwhile.
    """
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        partial.chmod(0o755)
        for name, content in files.items():
            with (partial / name).open("w", encoding="utf-8") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        if folder.exists():
            raise ParameterError(f"{folder}: there is a problem of that name already; it is left as it is.")
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def copy(source: Path, place: Path) -> None:
    """Copy a file or a folder: the whole of it or nothing.

    Args:
        source: What to copy.
        place: Where it shall be; must not exist.

    Raises:
        ParameterError: If there is something already.
    """
    if place.exists():
        raise ParameterError(
            f"{place}: expected nothing there to copy the data to, found something; remove it, or name it by --data."
        )
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    try:
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, partial / place.name)
        (partial / place.name).rename(place)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
