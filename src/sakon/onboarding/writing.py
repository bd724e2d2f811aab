"""Writes a configuration as YAML with a reason for every value; files are written completely or not at all."""

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
from sakon.records.proposals import ProposedValue

PLAIN_TEXT = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
RESERVED = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"])
COMMENT_COLUMN = 40
MAX_LINE_LENGTH = 120


class _Dumper(yaml.SafeDumper):
    """Quotes every text that any YAML parser might read as another type."""


def _represent_text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    is_plain = PLAIN_TEXT.fullmatch(value) and value.lower() not in RESERVED
    # OmegaConf would read ${…} as a reference.
    escaped = value.replace("${", r"\${")
    return dumper.represent_scalar("tag:yaml.org,2002:str", escaped, style=None if is_plain else '"')


_Dumper.add_representer(str, _represent_text)


def as_yaml(value: Any) -> str:
    """Return a value in one line of YAML."""
    flow = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=True, allow_unicode=True, width=float("inf"), sort_keys=False
    )
    return flow.strip().removesuffix("...").strip()


def render(title: Sequence[str], values: Sequence[ProposedValue]) -> str:
    """Return the text of a YAML file: a title in comments, then every value with its reason.

    Alternatives, and blocks that contain only alternatives, are commented out.
    """
    return "\n".join([*(f"# {_make_printable(line)}".rstrip() for line in title), *_block(values)]) + "\n"


def _make_printable(text: str) -> str:
    """Replace characters that a YAML comment must not contain."""
    return "".join(character if character.isprintable() else " " for character in text)


def _block(values: Sequence[ProposedValue], depth: int = 0, indent: str = "") -> Iterator[str]:
    """Yield the lines of a block: the values whose paths begin alike, from the key at `depth` on."""
    for key in dict.fromkeys(value.path[depth] for value in values):
        inner = [value for value in values if value.path[depth] == key]
        if len(inner[0].path) == depth + 1:
            for value in inner:
                yield from _leaf(value, _indent(indent, value.active))
            continue
        key_indent = _indent(indent, any(value.active for value in inner))
        yield f"{key_indent}{as_yaml(key)}:"
        yield from _block(inner, depth + 1, f"{key_indent}  ")


def _indent(indent: str, active: bool) -> str:
    """Return the beginning of a line: its indentation, with one comment mark if the line or its block is inactive."""
    return indent if active or "#" in indent else f"{indent}# "


def _leaf(value: ProposedValue, indent: str) -> Iterator[str]:
    key = f"{indent}{as_yaml(value.path[-1])}:"
    if value.elements:
        yield key
        for element, reason in value.elements.items():
            yield from _with_comment(f"{indent}  - {as_yaml(element)}", reason, f"{indent}  ")
    else:
        yield from _with_comment(f"{key} {as_yaml(value.plain_value)}", value.reason, indent)


def _with_comment(line: str, comment: str, indent: str) -> Iterator[str]:
    """Yield a line with its comment at the end, or in the lines before if it would be too long."""
    comment = " ".join(_make_printable(comment).split())
    one_line = f"{line:{COMMENT_COLUMN}}# {comment}" if len(line) < COMMENT_COLUMN else f"{line}  # {comment}"
    if not comment:
        yield line
    elif len(one_line) <= MAX_LINE_LENGTH:
        yield one_line
    else:
        start = f"{indent.split('#')[0]}# "
        yield from textwrap.wrap(comment, MAX_LINE_LENGTH, initial_indent=start, subsequent_indent=start)
        yield line


def write_folder(folder: Path, files: dict[str, str]) -> None:
    """Write a new folder of files: all of them or none.

    Args:
        folder: The folder; it must not exist.
        files: Content by file name.

    Raises:
        ParameterError: If the folder exists.
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
            raise ParameterError(
                f"{folder}: expected no such folder, found one; it was not changed. Choose another name."
            )
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def copy_data(source: Path, destination: Path) -> None:
    """Copy a file or a folder completely or not at all.

    Args:
        source: What to copy.
        destination: Path of the copy; it must not exist.

    Raises:
        ParameterError: If the destination exists.
    """
    if destination.exists():
        raise ParameterError(
            f"{destination}: expected no such file, because the data are to be copied there, found one; remove it, or "
            f"use it by --data."
        )
    destination.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{destination.name}.", dir=destination.parent))
    try:
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, partial / destination.name)
        (partial / destination.name).rename(destination)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
