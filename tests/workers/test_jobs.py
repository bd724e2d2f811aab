"""A family goes to a worker as a whole, if its data can be read there; nothing runs before what it needs."""

from __future__ import annotations

from pathlib import Path

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline

from sakon.datasets import JSONDataset
from sakon.schedule import Schedule
from sakon.workers import family_jobs


def pass_on(*values: object) -> object:
    return values[0]


def node(name: str, inputs: list[str], output: str) -> Node:
    namespace, _, short = name.partition(".")
    return Node(pass_on, inputs, output, name=short, namespace=namespace)


PREPARE = Node(pass_on, ["raw"], "train", name="prepare")
MLP = [
    node("mlp.build", ["params:mlp"], "mlp.untrained_model"),
    node("mlp.fit", ["mlp.untrained_model", "train"], "mlp.model"),
]
CNN = [node("cnn.fit", ["train"], "cnn.model"), node("cnn.draw", ["cnn.check"], "cnn.figure")]
CHECK = Node(pass_on, ["cnn.model"], "cnn.check", name="check")
EVALUATE = Node(pass_on, ["mlp.model"], "evaluation.mlp_scores", name="evaluate", namespace="evaluation")
IN_MEMORY = ("params:mlp", "mlp.untrained_model")


def catalog_for(pipeline: Pipeline, folder: Path, in_memory: tuple[str, ...] = IN_MEMORY) -> DataCatalog:
    return DataCatalog(
        {
            name: MemoryDataset() if name in in_memory else JSONDataset(filepath=str(folder / name))
            for name in pipeline.datasets()
        }
    )


def test_a_family_is_one_job(tmp_path: Path) -> None:
    pipeline = Pipeline([PREPARE, *MLP, EVALUATE])
    (job,) = family_jobs(pipeline, catalog_for(pipeline, tmp_path))
    assert (job.family, list(job.nodes), job.needs) == ("mlp", MLP, {PREPARE})


@pytest.mark.parametrize("name", ["train", "mlp.model"])
def test_a_family_that_shares_data_in_memory_is_none(tmp_path: Path, name: str) -> None:
    pipeline = Pipeline([PREPARE, *MLP, EVALUATE])
    assert family_jobs(pipeline, catalog_for(pipeline, tmp_path, (*IN_MEMORY, name))) == []


def test_a_family_with_a_node_of_others_between_its_own_is_none(tmp_path: Path) -> None:
    pipeline = Pipeline([PREPARE, *CNN, CHECK, *MLP])
    assert [job.family for job in family_jobs(pipeline, catalog_for(pipeline, tmp_path))] == ["mlp"]


def test_nothing_is_scheduled_before_what_it_needs(tmp_path: Path) -> None:
    pipeline = Pipeline([PREPARE, *MLP, EVALUATE])
    schedule = Schedule(pipeline, catalog_for(pipeline, tmp_path))
    assert schedule.take_jobs() == []
    assert schedule.take_node() == PREPARE
    assert schedule.take_node() is None
    schedule.finish([PREPARE])
    (job,) = schedule.take_jobs()
    assert schedule.take_jobs() == []
    assert schedule.take_node() is None
    schedule.finish(job.nodes)
    assert schedule.take_node() == EVALUATE
