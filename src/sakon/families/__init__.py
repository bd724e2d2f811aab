"""What all families of models share. A family is a folder under `sakon.pipelines` with a `config.py`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kedro.pipeline.node import Node

_PIPELINES = Path(__file__).parent.parent / "pipelines"


@cache
def names() -> tuple[str, ...]:
    """Return the names of all families, in alphabetical order."""
    return tuple(sorted(config.parent.name for config in _PIPELINES.glob("*/config.py")))


def namespace_of(node: Node) -> str:
    """Return the outermost namespace of a node, such as a family's name; empty if it has none."""
    return (node.namespace or "").split(".")[0]


def family_of(module: str) -> str:
    """Return the family that a module belongs to: the folder it lies in.

    Args:
        module: A module's `__name__`, such as `sakon.pipelines.mlp.model`.
    """
    return module.split(".")[2]
