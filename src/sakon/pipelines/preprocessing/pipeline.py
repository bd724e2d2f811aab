"""records → train, validation, test, with the preprocessor and the input specification."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline

from sakon.pipelines.preprocessing.nodes import fit_preprocessor, split, transform
from sakon.records.splitting import SPLITS


def create_pipeline() -> Pipeline:
    """Return the pipeline that turns records into arrays."""
    nodes = [
        Node(
            split,
            ["records", "schema", "params:problem"],
            [f"{split_name}_records" for split_name in SPLITS],
            name="split",
        ),
        Node(
            fit_preprocessor,
            ["train_records", "schema", "params:problem"],
            ["preprocessor", "input_spec"],
            name="fit_preprocessor",
        ),
        *(
            Node(
                transform,
                [f"{split_name}_records", "preprocessor", "input_spec", "schema"],
                split_name,
                name=f"transform_{split_name}",
            )
            for split_name in SPLITS
        ),
    ]
    return Pipeline(
        nodes,
        namespace="preprocessing",
        inputs={"records", "schema"},
        outputs=Pipeline(nodes).all_outputs(),
        parameters={"params:problem"},
        tags="preprocessing",
    )
