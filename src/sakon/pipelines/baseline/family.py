"""The family `baseline`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.families import family_of
from sakon.families.spec import FamilySpec
from sakon.families.template import FIGURE, family_pipeline

from .config import Config
from .nodes import draw_coefficients, explain, fit

NAME = family_of(__name__)
CONTEXT = ["validation", "input_spec", f"params:{NAME}", "params:problem"]

FAMILY = FamilySpec(
    name=NAME,
    config=Config,
    nodes=(
        Node(
            fit,
            ["train", *CONTEXT, "events"],
            ["model", "naive", "coefficients_table", "history", "training"],
            name="fit",
        ),
        Node(
            draw_coefficients,
            ["coefficients_table", "input_spec"],
            "coefficients_figure",
            name="draw_coefficients",
            tags=FIGURE,
        ),
        Node(explain, ["model", *CONTEXT], "importance_figure", name="explain", tags=FIGURE),
    ),
    is_baseline=True,
)


def create_pipeline() -> Pipeline:
    """Return the pipeline of the family."""
    return family_pipeline(FAMILY)
