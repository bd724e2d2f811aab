"""What a kind proposes for raw data: whether it fits, and the values of the configuration with their reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Recognition:
    """Whether raw data look like a kind, and why.

    Attributes:
        is_match: Whether they do.
        reason: Why, or why not, in a few words.
    """

    is_match: bool
    reason: str


@dataclass(frozen=True)
class ProposedValue:
    """One value of the configuration and its reason: printed to the user and written as YAML alike.

    Attributes:
        path: Keys from the top of the file down to the value.
        value: The value; a `ReasonedList` is written as a list with one reason per element.
        reason: The reason, in a few words.
        active: Whether the value applies; otherwise it is an alternative and is written as a comment.
        printed: Whether the value is worth a line on the console.
    """

    path: tuple[str, ...]
    value: Any
    reason: str = ""
    active: bool = True
    printed: bool = True

    @property
    def elements(self) -> ReasonedList | None:
        """The elements with their reasons if the value is a list with one reason per element, otherwise `None`."""
        return self.value if isinstance(self.value, ReasonedList) else None

    @property
    def plain_value(self) -> Any:
        """The value as it is configured."""
        return list(self.value) if self.elements is not None else self.value


class ReasonedList(dict[Any, str]):
    """A list in the configuration with one reason per element: element → reason, in order."""


def option(name: str, value: Any, reason: str = "", active: bool = True) -> ProposedValue:
    """Propose a value of `problem.options`."""
    return ProposedValue(("problem", "options", name), value, reason, active)
