"""The pipeline of the family `cnn`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.families import family_of
from sakon.families.template import family_pipeline

from .model import build
from .nodes import draw_attention, draw_filters


def create_pipeline() -> Pipeline:
    """Return the pipeline: the template, the first filters, and what the network looks at."""
    own = [
        Node(draw_filters, "model", "filters_figure", name="draw_filters"),
        Node(draw_attention, ["model", "validation", "input_spec"], "attention_figure", name="draw_attention"),
    ]
    return family_pipeline(family_of(__name__), build, own)
