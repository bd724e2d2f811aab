"""The pipeline of the family `mlp`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.families import family_of
from sakon.families.template import family_pipeline

from .model import build
from .nodes import draw_layers


def create_pipeline() -> Pipeline:
    """Return the pipeline: the template, and a look at weights and activations."""
    own = [Node(draw_layers, ["model", "validation"], "layers_figure", name="draw_layers")]
    return family_pipeline(family_of(__name__), build, own)
