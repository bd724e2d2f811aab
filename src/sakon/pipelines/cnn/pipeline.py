"""The pipeline of the family `cnn`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.families.template import family_pipeline
from sakon.pipelines.cnn.model import build
from sakon.pipelines.cnn.nodes import draw_attention, draw_filters


def create_pipeline() -> Pipeline:
    """Return the pipeline: the template, the first filters, and what the network looks at."""
    own = [
        Node(draw_filters, "model", "filters_figure", name="draw_filters"),
        Node(draw_attention, ["model", "validation", "input_spec"], "attention_figure", name="draw_attention"),
    ]
    return family_pipeline("cnn", build, own)
