"""The pipeline of the family `rnn`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.families import family_of
from sakon.families.template import family_pipeline

from .model import build
from .nodes import draw_trajectory


def create_pipeline() -> Pipeline:
    """Return the pipeline: the template, and the way of the hidden state."""
    own = [Node(draw_trajectory, ["model", "validation", "input_spec"], "trajectory_figure", name="draw_trajectory")]
    return family_pipeline(family_of(__name__), build, own)
