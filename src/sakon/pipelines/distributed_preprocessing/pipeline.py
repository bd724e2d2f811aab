"""table → typed records → train, validation, test, with schema, preprocessor and input specification."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.pipelines.distributed_preprocessing.nodes import fit_preprocessor, split, transform, type_records
from sakon.records.splitting import SPLITS


def create_pipeline() -> Pipeline:
    """Return the pipeline that does on Spark what `ingestion` and `preprocessing` do on one machine."""
    nodes = [
        Node(type_records, ["table", "params:problem", "params:distributed"], "typed_records", name="type_records"),
        Node(
            split,
            ["typed_records", "params:problem", "params:distributed"],
            [*(f"{part}_records" for part in SPLITS), "schema"],
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
                [f"{part}_records", "preprocessor", "input_spec", "schema", "params:problem"],
                f"{part}_partitions",
                name=f"transform_{part}",
            )
            for part in SPLITS
        ),
    ]
    return Pipeline(
        nodes,
        namespace="distributed_preprocessing",
        outputs={"schema", "preprocessor", "input_spec", *(f"{part}_partitions" for part in SPLITS)},
        parameters={"params:problem", "params:distributed"},
        tags="distributed_preprocessing",
    )
