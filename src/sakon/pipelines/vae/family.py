"""The family `vae`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.families import family_of
from sakon.families.heads import linear_probe
from sakon.families.spec import FamilySpec
from sakon.families.template import FIGURE, family_pipeline

from .config import Config
from .model import build
from .nodes import draw_latent, draw_samples, draw_traversal, measure_bounds

NAME = family_of(__name__)
CONTEXT = ["network", "validation", "input_spec"]

FAMILY = FamilySpec(
    name=NAME,
    config=Config,
    build=build,
    fit_head=linear_probe,
    nodes=(
        Node(
            measure_bounds,
            ["network", "validation", f"params:{NAME}", "params:problem"],
            "measures",
            name="measure_bounds",
        ),
        Node(draw_latent, [*CONTEXT, "params:problem"], "latent_figure", name="draw_latent", tags=FIGURE),
        Node(draw_samples, [*CONTEXT, "params:problem"], "samples_figure", name="draw_samples", tags=FIGURE),
        Node(draw_traversal, CONTEXT, "traversal_figure", name="draw_traversal", tags=FIGURE),
    ),
)


def create_pipeline() -> Pipeline:
    """Return the pipeline of the family."""
    return family_pipeline(FAMILY)
