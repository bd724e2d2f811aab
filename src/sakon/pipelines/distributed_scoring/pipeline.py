"""New records and champion → predictions and metrics, on a cluster."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.pipelines.distributed_scoring.nodes import check_kind, predict, score


def create_pipeline() -> Pipeline:
    """Return the pipeline that predicts new records with the champion on Spark."""
    nodes = [
        Node(check_kind, "params:problem", "kind", name="check_kind"),
        Node(
            predict,
            ["records", "champion", "cluster", "params:problem", "kind"],
            ["predictions", "champion_info"],
            name="predict",
        ),
        Node(score, ["predictions", "champion_info", "params:problem"], "scores", name="score"),
    ]
    return Pipeline(
        nodes,
        namespace="distributed_scoring",
        inputs={"cluster"},
        parameters={"params:problem"},
        tags="distributed_scoring",
    )
