"""The family `cnn`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.families import family_of
from sakon.families.spec import FamilySpec
from sakon.families.template import FIGURE, family_pipeline

from .config import Config
from .model import build
from .nodes import draw_attention, draw_filters

FAMILY = FamilySpec(
    name=family_of(__name__),
    config=Config,
    build=build,
    nodes=(
        Node(draw_filters, "model", "filters_figure", name="draw_filters", tags=FIGURE),
        Node(
            draw_attention,
            ["model", "validation", "input_spec"],
            "attention_figure",
            name="draw_attention",
            tags=FIGURE,
        ),
    ),
)


def create_pipeline() -> Pipeline:
    """Return the pipeline of the family."""
    return family_pipeline(FAMILY)
