"""The pipeline of the family `contrastive`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.families import family_of
from sakon.families.heads import linear_probe
from sakon.families.template import family_pipeline

from .model import build
from .nodes import compare_labels, draw_embedding, draw_label_fractions, draw_views, measure


def create_pipeline() -> Pipeline:
    """Return the pipeline: the template, a linear probe, views, representation, worth of labels."""
    family = family_of(__name__)
    given = ["train", "validation", "input_spec", f"params:{family}", "params:problem"]
    seen = ["network", "validation", "input_spec"]
    own = [
        Node(compare_labels, ["network", "training", *given], "label_fractions_table", name="compare_labels"),
        Node(draw_label_fractions, "label_fractions_table", "label_fractions_figure", name="draw_label_fractions"),
        Node(measure, ["network", "validation", "label_fractions_table"], "measures", name="measure"),
        Node(draw_views, seen, "views_figure", name="draw_views"),
        Node(draw_embedding, seen, "embedding_figure", name="draw_embedding"),
    ]
    return family_pipeline(family, build, own, answer=linear_probe)
