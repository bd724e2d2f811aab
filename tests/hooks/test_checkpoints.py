"""Checkpoints are cleared when the last output that is made of a training is saved, and not before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline

from sakon.datasets import CheckpointsDataset
from sakon.hooks.checkpoints import CheckpointsHook
from sakon.training.checkpoints import TrainingState

KEY = "a" * 64
WEIGHTS = [np.zeros(2)]


def fit(checkpoints: object) -> int:
    return 1


def follow(value: int) -> int:
    return value


PIPELINE = Pipeline(
    [
        Node(fit, "mlp.checkpoints", "mlp.network", name="fit", namespace="mlp"),
        Node(follow, "mlp.network", "mlp.model", name="fit_head", namespace="mlp"),
        Node(follow, "mlp.model", "evaluation.mlp_scores", name="evaluate", namespace="evaluation"),
    ]
)


@pytest.mark.parametrize(
    "saved", [["mlp.network"], ["mlp.network", "evaluation.mlp_scores"], ["mlp.network", "mlp.model"]]
)
def test_checkpoints_stay_until_all_is_saved(tmp_path: Path, saved: list[str]) -> None:
    dataset = CheckpointsDataset(filepath=str(tmp_path))
    outputs = {name: MemoryDataset() for name in PIPELINE.all_outputs()}
    hook = CheckpointsHook()
    hook.before_pipeline_run(PIPELINE, DataCatalog({"mlp.checkpoints": dataset, **outputs}))
    dataset.load().complete(TrainingState(1, WEIGHTS, WEIGHTS, 1, [{"epoch": 1, "val_loss": 1.0}], 0.1), KEY)
    for name in saved:
        hook.after_dataset_saved(name, PIPELINE.nodes[0])
    assert (dataset.load().latest(KEY) is None) == ("mlp.model" in saved)
