"""Table → typed records → train, validation and test, with schema, preprocessor and input specification."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.pipelines.distributed_preprocessing.nodes import fit_preprocessor, split, transform, type_records
from sakon.records.splitting import SPLITS


def create_pipeline() -> Pipeline:
    """Return the pipeline that replaces `ingestion` and `preprocessing` on Spark."""
    nodes = [
        Node(type_records, ["table", "params:problem", "params:distributed"], "typed_records", name="type_records"),
        Node(
            split,
            ["typed_records", "params:problem", "params:distributed"],
            [*(f"{name}_records" for name in SPLITS), "schema"],
            name="split",
        ),
        Node(
            fit_preprocessor,
            ["train_records", "schema", "params:problem", "params:distributed"],
            ["preprocessor", "input_spec"],
            name="fit_preprocessor",
        ),
        *(
            Node(
                transform,
                [f"{name}_records", "preprocessor", "input_spec", "schema", "params:problem"],
                f"{name}_partitions",
                name=f"transform_{name}",
            )
            for name in SPLITS
        ),
    ]
    return Pipeline(
        nodes,
        namespace="distributed_preprocessing",
        outputs={"schema", "preprocessor", "input_spec", *(f"{name}_partitions" for name in SPLITS)},
        parameters={"params:problem", "params:distributed"},
        tags="distributed_preprocessing",
    )
