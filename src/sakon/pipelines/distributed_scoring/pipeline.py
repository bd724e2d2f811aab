"""New records on a cluster, champion → predictions, scores."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.pipelines.distributed_scoring.nodes import answer, check_kind, score


def create_pipeline() -> Pipeline:
    """Return the pipeline that uses the champion on Spark."""
    nodes = [
        Node(check_kind, "params:problem", "kind", name="check_kind"),
        Node(
            answer,
            ["records", "champion", "cluster", "params:problem", "kind"],
            ["predictions", "answering"],
            name="answer",
        ),
        Node(score, ["predictions", "answering", "params:problem"], "scores", name="score"),
    ]
    return Pipeline(
        nodes,
        namespace="distributed_scoring",
        inputs={"cluster"},
        parameters={"params:problem"},
        tags="distributed_scoring",
    )
