"""Train and validation files on a cluster → a variant on the leaderboard, such as `mlp (spark)`."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.families.template import FIGURE
from sakon.pipelines.distributed_training.nodes import draw_history, draw_workers, train


def create_pipeline() -> Pipeline:
    """Return the pipeline that trains `distributed.family` on Spark."""
    nodes = [
        Node(
            train,
            [
                "train_partitions", "validation_partitions", "input_spec", "params:problem", "params:distributed",
                "parameters", "cluster", "checkpoints", "events",
            ],
            ["models", "trainings", "histories", "workers"],
            name="train",
        ),
        Node(
            draw_history,
            ["histories", "trainings", "params:distributed"],
            "history_figure",
            name="draw_history",
            tags=FIGURE,
        ),
        Node(draw_workers, ["workers", "params:distributed"], "workers_figure", name="draw_workers", tags=FIGURE),
    ]  # fmt: skip
    return Pipeline(
        nodes,
        namespace="distributed_training",
        inputs={"train_partitions", "validation_partitions", "input_spec", "cluster"},
        parameters={"params:problem", "params:distributed", "parameters"},
        tags="distributed_training",
    )
