"""What the graph of the pipelines rules out."""

from __future__ import annotations

from importlib import import_module

import pytest
from kedro.pipeline import Pipeline

from sakon import families
from sakon.pipelines import evaluation, ingestion, preprocessing

HELD_OUT = {"test", "test_records"}
OTHERS = (
    "ingestion", "preprocessing", "evaluation", "scoring", "distributed_preprocessing", "distributed_training",
    "distributed_scoring",
)  # fmt: skip


def everything() -> Pipeline:
    made = [import_module(f"sakon.pipelines.{family}").create_pipeline() for family in families.names()]
    shared = [module.create_pipeline() for module in (ingestion, preprocessing, evaluation)]
    return sum(made + shared, Pipeline([]))


@pytest.mark.parametrize("family", families.names())
def test_no_way_from_test_to_a_family(family: str) -> None:
    outputs = import_module(f"sakon.pipelines.{family}").create_pipeline().all_outputs()
    behind = everything().to_outputs(*outputs)
    used = {name for node in behind.nodes for name in node.inputs}
    assert "train" in used
    assert not used & HELD_OUT


def test_preprocessor_reads_train_alone() -> None:
    behind = everything().to_outputs("preprocessor", "input_spec")
    fitting = next(node for node in behind.nodes if node.name.endswith("fit_preprocessor"))
    assert set(fitting.inputs) == {"train_records", "schema", "params:problem"}


@pytest.mark.parametrize("family", families.names())
def test_one_name_for_folder_namespace_and_tag(family: str) -> None:
    pipeline = import_module(f"sakon.pipelines.{family}").create_pipeline()
    assert {node.namespace for node in pipeline.nodes} == {family}
    assert all(family in node.tags for node in pipeline.nodes)
    assert all(name.startswith(f"{family}.") for name in pipeline.all_outputs())
    assert f"params:{family}" in pipeline.inputs()
    assert {f"{family}.model", f"{family}.history", f"{family}.training"} <= pipeline.all_outputs()


@pytest.mark.parametrize("name", [*families.names(), *OTHERS])
def test_figures_are_drawn_by_nodes_of_their_own(name: str) -> None:
    """An error in a node with the tag `figure` costs the figure only."""
    for node in import_module(f"sakon.pipelines.{name}").create_pipeline().nodes:
        drawn = {output.endswith("_figure") for output in node.outputs}
        assert drawn == {"figure" in node.tags}, node.name
