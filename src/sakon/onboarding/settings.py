"""One line of configuration with its reason: printed to the user and written as YAML alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Setting:
    """A value of the configuration, and why it is that.

    Attributes:
        path: Keys from the top of the file down to the value.
        value: The value; of a list with a reason for each of its elements, a mapping of element to reason.
        why: The reason, a few words.
        active: Whether it holds; else it is an alternative, written as a comment.
        told: Whether it is worth a line on the console.
    """

    path: tuple[str, ...]
    value: Any
    why: str = ""
    active: bool = True
    told: bool = True


def as_configuration(settings: Iterable[Setting]) -> dict[str, Any]:
    """Return the active settings as nested mappings, as Kedro's configuration loader would."""
    whole: dict[str, Any] = {}
    for setting in settings:
        if setting.active:
            block = whole
            for key in setting.path[:-1]:
                block = block.setdefault(key, {})
            block[setting.path[-1]] = list(setting.value) if has_reasons(setting) else setting.value
    return whole


def has_reasons(setting: Setting) -> bool:
    """Say whether a setting is a list with a reason for each of its elements."""
    return isinstance(setting.value, Reasons)


def plural(word: str, count: int) -> str:
    """Return a word as it is for a count."""
    return word if count == 1 else "categories" if word == "category" else f"{word}s"


class Reasons(dict[Any, str]):
    """A list of the configuration: element → reason, in order."""
