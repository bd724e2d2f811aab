"""The family `mlp`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.families import family_of
from sakon.families.spec import FamilySpec
from sakon.families.template import FIGURE, family_pipeline

from .config import Config
from .model import build
from .nodes import draw_layers

FAMILY = FamilySpec(
    name=family_of(__name__),
    config=Config,
    build=build,
    nodes=(Node(draw_layers, ["model", "validation"], "layers_figure", name="draw_layers", tags=FIGURE),),
    on_many_rows="larger batches",
)


def create_pipeline() -> Pipeline:
    """Return the pipeline of the family."""
    return family_pipeline(FAMILY)
