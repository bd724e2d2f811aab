"""The kinds by name."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from sakon.kinds._base import Kind, Preprocessor

PACKAGE = __name__.rpartition(".")[0]


def names() -> tuple[str, ...]:
    """Return the names of all kinds: the modules of `sakon.kinds` without a leading underscore."""
    modules = iter_modules(import_module(PACKAGE).__path__)
    return tuple(sorted(module.name for module in modules if not module.name.startswith("_")))


def get(name: str) -> Kind[Preprocessor]:
    """Return the kind of a name: the `KIND` of its module.

    Args:
        name: One of `names()`.
    """
    kind: Kind[Preprocessor] = import_module(f"{PACKAGE}.{name}").KIND
    return kind
