"""Families of models. A family is a folder under `sakon.pipelines` whose `family.py` has a `FAMILY`."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kedro.pipeline.node import Node

    from sakon.families.spec import FamilySpec

SPARK = "spark"
_PIPELINES = Path(__file__).parent.parent / "pipelines"


@cache
def names() -> tuple[str, ...]:
    """Return the names of all families, in alphabetical order; nothing is imported."""
    return tuple(sorted(path.parent.name for path in _PIPELINES.glob("*/family.py")))


def get(name: str) -> FamilySpec:
    """Return the specification of a family.

    Args:
        name: One of `names()`.
    """
    family: FamilySpec = import_module(f"sakon.pipelines.{name}.family").FAMILY
    return family


def trainable() -> tuple[str, ...]:
    """Return the names of the families that build a network for the shared `fit`."""
    return tuple(name for name in names() if get(name).build is not None)


def baseline() -> FamilySpec:
    """Return the family that verdicts compare with.

    Raises:
        ValueError: If there is not exactly one.
    """
    baselines = [family for family in map(get, names()) if family.is_baseline]
    if len(baselines) != 1:
        raise ValueError(
            f"expected exactly one family with is_baseline, found {[family.name for family in baselines]}; set it in "
            f"the family.py of one family."
        )
    return baselines[0]


def variant_identifier(family: str, variant: str) -> str:
    """Return the identifier of a variant of a family; without a variant, the family itself."""
    return f"{family}_{variant}" if variant else family


def spark_variant(family: str) -> str:
    """Return the identifier of a family trained on Spark: of its files and of its alias in the registry."""
    return variant_identifier(family, SPARK)


def split_variant(identifier: str) -> tuple[str, str]:
    """Return the family and the variant of an identifier: (`mlp`, `spark`) for `mlp_spark`, (`mlp`, ``) for `mlp`."""
    family, _, variant = identifier.rpartition("_")
    return (family, variant) if variant == SPARK else (identifier, "")


def display_name(identifier: str) -> str:
    """Return the name that people read: `mlp (spark)` for `mlp_spark`, else the identifier itself."""
    family, variant = split_variant(identifier)
    return f"{family} ({variant})" if variant else family


def namespace_of(node: Node) -> str:
    """Return the outermost namespace of a node, such as a family's name; empty if it has none."""
    return (node.namespace or "").split(".")[0]


def family_of(module: str) -> str:
    """Return the family that a module belongs to: the name of its folder.

    Args:
        module: A module's `__name__`, such as `sakon.pipelines.mlp.model`.
    """
    return module.split(".")[2]
