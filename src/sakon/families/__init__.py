"""What all families of models share. A family is a folder under `sakon.pipelines` with a `config.py`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PIPELINES = Path(__file__).parent.parent / "pipelines"


@cache
def names() -> tuple[str, ...]:
    """Return the names of all families, in alphabetical order."""
    return tuple(sorted(config.parent.name for config in _PIPELINES.glob("*/config.py")))


def family_of(module: str) -> str:
    """Return the family that a module belongs to: the folder it lies in.

    Args:
        module: A module's `__name__`, such as `sakon.pipelines.mlp.model`.
    """
    return module.split(".")[2]
