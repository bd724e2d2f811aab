"""New raw records, champion → predictions, scores, drift."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.families.template import FIGURE
from sakon.pipelines.scoring.nodes import draw_distributions, draw_drift, measure_drift, predict, score


def create_pipeline() -> Pipeline:
    """Return the pipeline that predicts and scores new records with the champion."""
    nodes = [
        Node(
            predict,
            [
                "raw", "champion", "schema", "input_spec", "train_records", "validation_records", "params:problem",
                "params:evaluation", "params:scoring",
            ],
            ["records", "predictions", "predictions_csv", "prediction_summary"],
            name="predict",
        ),
        Node(
            score,
            ["predictions", "prediction_summary", "input_spec", "params:problem", "params:evaluation"],
            "scores",
            name="score",
        ),
        Node(
            measure_drift,
            ["train_records", "records", "schema", "params:scoring", "params:evaluation"],
            "drift_table",
            name="measure_drift",
        ),
        Node(draw_drift, ["drift_table", "records"], "drift_figure", name="draw_drift", tags=FIGURE),
        Node(
            draw_distributions,
            ["drift_table", "train_records", "records", "schema", "params:scoring"],
            "distributions_figure",
            name="draw_distributions",
            tags=FIGURE,
        ),
    ]  # fmt: skip
    return Pipeline(
        nodes,
        namespace="scoring",
        inputs={"schema", "input_spec", "train_records", "validation_records"},
        parameters={"params:problem", "params:evaluation", "params:scoring"},
        tags="scoring",
    )
