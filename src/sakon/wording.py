"""Phrases that several messages share."""

from __future__ import annotations

from collections.abc import Sequence

MAX_LISTED = 6


def format_list(items: Sequence[str], limit: int = MAX_LISTED, separator: str = ", ") -> str:
    """Return at most `limit` items and the number of the remaining ones."""
    rest = len(items) - limit
    return separator.join(items[:limit]) + (f" and {rest:,} more" if rest > 0 else "")


def pluralise(noun: str, count: int) -> str:
    """Return a noun in the singular or plural."""
    return noun if count == 1 else "categories" if noun == "category" else f"{noun}s"


def shorten(text: str, limit: int) -> str:
    """Return a text of at most `limit` characters and an ellipsis."""
    return text if len(text) <= limit else f"{text[:limit]}…"
