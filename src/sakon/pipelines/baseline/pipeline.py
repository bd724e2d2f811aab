"""The pipeline of the family `baseline`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.families import family_of
from sakon.families.template import in_namespace

from .nodes import draw_coefficients, explain, fit


def create_pipeline() -> Pipeline:
    """Return the pipeline: its own fit, the same outputs as every family, and the naive model besides."""
    family = family_of(__name__)
    shared = ["validation", "input_spec", f"params:{family}", "params:problem"]
    return in_namespace(
        family,
        [
            Node(
                fit,
                ["train", *shared],
                ["model", "naive", "coefficients_table", "history", "training"],
                name="fit",
            ),
            Node(
                draw_coefficients, ["coefficients_table", "input_spec"], "coefficients_figure", name="draw_coefficients"
            ),
            Node(explain, ["model", *shared], "importance_figure", name="explain"),
        ],
    )
