"""What all families of models share. A family is a folder under `sakon.pipelines` with a `config.py`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedro.pipeline.node import Node

SPARK = "_spark"
_PIPELINES = Path(__file__).parent.parent / "pipelines"


@cache
def names() -> tuple[str, ...]:
    """Return the names of all families, in alphabetical order."""
    return tuple(sorted(config.parent.name for config in _PIPELINES.glob("*/config.py")))


def networks() -> tuple[str, ...]:
    """Return the names of the families whose `model.py` builds a network for the shared `fit`."""
    return tuple(name for name in names() if "def build(" in (_PIPELINES / name / "model.py").read_text("utf-8"))


def steps(family: str) -> dict[str, Callable[..., Any]]:
    """Return the functions of a family's pipeline by the names of its nodes: `build`, `fit`, `answer` if any."""
    pipeline = import_module(f"sakon.pipelines.{family}").create_pipeline()
    return {node.name.rsplit(".", 1)[-1]: node.func for node in pipeline.nodes}


def spark_variant(family: str) -> str:
    """Return the identifier of a family as Spark trains it: of its files and of its alias in the registry."""
    return f"{family}{SPARK}"


def display_name(name: str) -> str:
    """Return what people read: `mlp (spark)` for `mlp_spark`, else the name itself."""
    return f"{name.removesuffix(SPARK)} (spark)" if name.endswith(SPARK) else name


def namespace_of(node: Node) -> str:
    """Return the outermost namespace of a node, such as a family's name; empty if it has none."""
    return (node.namespace or "").split(".")[0]


def family_of(module: str) -> str:
    """Return the family that a module belongs to: the folder it lies in.

    Args:
        module: A module's `__name__`, such as `sakon.pipelines.mlp.model`.
    """
    return module.split(".")[2]
