"""The pipeline of the family `vae`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.families import family_of
from sakon.families.heads import linear_probe
from sakon.families.template import family_pipeline

from .model import build
from .nodes import draw_latent, draw_samples, draw_traversal, measure


def create_pipeline() -> Pipeline:
    """Return the pipeline: the template, bounds, latent map, samples and traversal."""
    family = family_of(__name__)
    held_out = ["network", "validation", "input_spec"]
    own = [
        Node(measure, ["network", "validation", f"params:{family}", "params:problem"], "measures", name="measure"),
        Node(draw_latent, [*held_out, "params:problem"], "latent_figure", name="draw_latent"),
        Node(draw_samples, [*held_out, "params:problem"], "samples_figure", name="draw_samples"),
        Node(draw_traversal, held_out, "traversal_figure", name="draw_traversal"),
    ]
    return family_pipeline(family, build, own, answer=linear_probe)
