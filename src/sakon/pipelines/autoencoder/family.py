"""The family `autoencoder`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.families import family_of
from sakon.families.heads import linear_probe
from sakon.families.spec import FamilySpec
from sakon.families.template import FIGURE, family_pipeline

from .config import Config
from .model import build
from .nodes import draw_anomalies, draw_reconstructions, find_anomalies

NAME = family_of(__name__)
CONTEXT = ["network", "validation", "input_spec"]

FAMILY = FamilySpec(
    name=NAME,
    config=Config,
    build=build,
    fit_head=linear_probe,
    nodes=(
        Node(find_anomalies, [*CONTEXT, f"params:{NAME}"], ["anomalies_table", "measures"], name="find_anomalies"),
        Node(
            draw_anomalies,
            ["anomalies_table", "measures", "validation", "input_spec"],
            "anomalies_figure",
            name="draw_anomalies",
            tags=FIGURE,
        ),
        Node(draw_reconstructions, CONTEXT, "reconstructions_figure", name="draw_reconstructions", tags=FIGURE),
    ),
)


def create_pipeline() -> Pipeline:
    """Return the pipeline of the family."""
    return family_pipeline(FAMILY)
