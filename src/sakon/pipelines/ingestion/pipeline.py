"""raw → records, schema, profile."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.pipelines.ingestion.nodes import make_records


def create_pipeline() -> Pipeline:
    """Return the pipeline that turns raw data into records."""
    nodes = [Node(make_records, ["raw", "params:problem"], ["records", "schema", "profile"], name="make_records")]
    return Pipeline(
        nodes,
        namespace="ingestion",
        inputs={"raw"},
        outputs={"records", "schema", "profile"},
        parameters={"params:problem"},
        tags="ingestion",
    )
