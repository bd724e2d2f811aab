"""The family `som`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.families import family_of
from sakon.families.spec import FamilySpec
from sakon.families.template import FIGURE, family_pipeline

from .config import Config
from .model import build
from .nodes import draw, fit_head, measure

FIGURES = ["u_matrix_figure", "planes_figure", "hits_figure", "labels_figure"]

FAMILY = FamilySpec(
    name=family_of(__name__),
    config=Config,
    build=build,
    fit_head=fit_head,
    nodes=(
        Node(
            draw, ["network", "model", "train", "input_spec", "params:problem"], FIGURES, name="draw_map", tags=FIGURE
        ),
        Node(measure, ["network", "train", "validation"], "measures", name="measure_map"),
    ),
)


def create_pipeline() -> Pipeline:
    """Return the pipeline of the family."""
    return family_pipeline(FAMILY)
