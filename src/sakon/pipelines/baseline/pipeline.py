"""The pipeline of the family `baseline`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.families.template import in_namespace
from sakon.pipelines.baseline.nodes import draw_coefficients, explain, fit


def create_pipeline() -> Pipeline:
    """Return the pipeline: its own fit, the same outputs as every family, and the naive model besides."""
    shared = ["validation", "input_spec", "params:baseline", "params:problem"]
    return in_namespace(
        "baseline",
        [
            Node(fit, ["train", *shared], ["model", "naive", "coefficients", "history", "training"], name="fit"),
            Node(draw_coefficients, ["coefficients", "input_spec"], "coefficients_figure", name="draw_coefficients"),
            Node(explain, ["model", *shared], "importance_figure", name="explain"),
        ],
    )
