"""The pipeline of the family `som`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.families import family_of
from sakon.families.template import family_pipeline

from .model import build
from .nodes import answer, draw, measure


def create_pipeline() -> Pipeline:
    """Return the pipeline: the template, answers by the best-matching unit, figures and measures of the map."""
    figures = ["u_matrix_figure", "planes_figure", "hits_figure", "labels_figure"]
    own = [
        Node(draw, ["network", "model", "train", "input_spec", "params:problem"], figures, name="draw_map"),
        Node(measure, ["network", "train", "validation"], "measures", name="measure_map"),
    ]
    return family_pipeline(family_of(__name__), build, own, answer=answer)
