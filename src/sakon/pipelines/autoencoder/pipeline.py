"""The pipeline of the family `autoencoder`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.families import family_of
from sakon.families.heads import linear_probe
from sakon.families.template import family_pipeline

from .model import build
from .nodes import draw_anomalies, draw_reconstructions, find_anomalies


def create_pipeline() -> Pipeline:
    """Return the pipeline: the template, reconstructions and anomalies."""
    family = family_of(__name__)
    own = [
        Node(
            find_anomalies,
            ["network", "validation", "input_spec", f"params:{family}"],
            ["anomalies_table", "measures"],
            name="find_anomalies",
        ),
        Node(
            draw_anomalies,
            ["anomalies_table", "measures", "validation", "input_spec"],
            "anomalies_figure",
            name="draw_anomalies",
        ),
        Node(
            draw_reconstructions,
            ["network", "validation", "input_spec"],
            "reconstructions_figure",
            name="draw_reconstructions",
        ),
    ]
    return family_pipeline(family, build, own, answer=linear_probe)
