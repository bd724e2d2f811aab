"""The family `contrastive`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.families import family_of
from sakon.families.heads import linear_probe
from sakon.families.spec import FamilySpec
from sakon.families.template import FIGURE, family_pipeline

from .config import Config
from .model import build
from .nodes import (
    compare_label_fractions,
    draw_embedding,
    draw_label_fractions,
    draw_views,
    measure_representation,
)

NAME = family_of(__name__)
CONTEXT = ["network", "validation", "input_spec"]

FAMILY = FamilySpec(
    name=NAME,
    config=Config,
    build=build,
    fit_head=linear_probe,
    nodes=(
        Node(
            compare_label_fractions,
            ["network", "training", "train", "validation", "input_spec", f"params:{NAME}", "params:problem", "events"],
            "label_fractions_table",
            name="compare_label_fractions",
        ),
        Node(
            draw_label_fractions,
            "label_fractions_table",
            "label_fractions_figure",
            name="draw_label_fractions",
            tags=FIGURE,
        ),
        Node(
            measure_representation,
            ["network", "validation", "label_fractions_table"],
            "measures",
            name="measure_representation",
        ),
        Node(draw_views, CONTEXT, "views_figure", name="draw_views", tags=FIGURE),
        Node(draw_embedding, CONTEXT, "embedding_figure", name="draw_embedding", tags=FIGURE),
    ),
)


def create_pipeline() -> Pipeline:
    """Return the pipeline of the family."""
    return family_pipeline(FAMILY)
