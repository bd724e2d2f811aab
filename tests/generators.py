"""Shared by the tests of families that generate samples: small problems, trainings and checks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import resuming

from sakon.datasets import ModelDataset
from sakon.problem import Examples, InputSpec, Problem
from sakon.training.checkpoints import Checkpoints
from sakon.training.events import TrainingEvents
from sakon.training.fit import fit

PROBLEM = Problem(kind="tabular", target="y", seed=3)
TABLE = InputSpec(kind="tabular", task="classification", shape=(4,), classes=(0, 1), fingerprint="f")
SHAPES_AND_TASKS = [
    ((8, 8, 1), "classification"),
    ((5, 3, 3), "regression"),
    ((17, 21, 3), "classification"),
    ((40, 33, 1), "regression"),
    ((5, 2), "classification"),
    ((5, 2), "regression"),
    ((1,), "classification"),
    ((1,), "regression"),
]


def make_examples(seed: int, rows: int = 60) -> Examples:
    x = np.random.default_rng(seed).normal(size=(rows, 4)).astype(np.float32)
    return Examples(x=x, y=(x[:, 0] > 0).astype(np.int32), row=np.arange(rows))


def make_spec(shape: tuple[int, ...], task: str) -> InputSpec:
    kind = "image" if len(shape) == 3 else "tabular"
    return InputSpec(kind=kind, task=task, shape=shape, classes=("a", "b", "c") if task == "classification" else ())


def train(
    build: Callable[..., Any], config: Any, folder: Path, rows: int = 60, events: TrainingEvents | None = None
) -> tuple[Any, pd.DataFrame]:
    context = (TABLE, config, PROBLEM, Checkpoints(folder), events or TrainingEvents())
    network, history, _ = fit(build(TABLE, config, PROBLEM), make_examples(0, rows), make_examples(1, rows), *context)
    return network, history


def check_resumed_equals_undisturbed(
    build: Callable[..., Any], config: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights, history and snapshots of a resumed training equal those of an undisturbed one."""
    networks: list[Any] = []

    def train_and_append(checkpoints: Path, events: TrainingEvents) -> resuming.Trained:
        network, history = train(build, config, checkpoints, events=events)
        networks.append(network)
        return network.get_weights(), history

    resuming.check_resumed_equals_undisturbed(train_and_append, folder, monkeypatch)
    undisturbed, *resumed = networks
    assert undisturbed.snapshots().epochs
    assert all(network.snapshots().epochs == undisturbed.snapshots().epochs for network in resumed)


def check_samples_survive_save_and_load(build: Callable[..., Any], config: Any, spec: InputSpec, folder: Path) -> None:
    """Samples have the shape and range of the data, and are the same after saving and loading."""
    network = build(spec, config, PROBLEM)
    rng = np.random.default_rng(0)
    rows = 6
    y = rng.integers(3, size=rows).astype(np.int32) if spec.classes else rng.normal(size=rows).astype(np.float32)
    examples = Examples(rng.random((rows, *spec.shape)).astype(np.float32), y, np.arange(rows))
    checkpoints, events = Checkpoints(folder / "checkpoints"), TrainingEvents()
    network, _, _ = fit(network, examples, examples, spec, config, PROBLEM, checkpoints, events)
    samples = network.sample(y, seed=1)
    assert samples.shape == examples.x.shape
    assert np.isfinite(samples).all()
    if len(spec.shape) == 3:
        assert samples.min() >= 0
        assert samples.max() <= 1
    dataset = ModelDataset(filepath=str(folder / "network"))
    dataset.save(network)
    loaded = dataset.load()
    assert loaded.name == network.name
    np.testing.assert_allclose(loaded.sample(y, seed=1), samples, atol=1e-6)
    np.testing.assert_array_equal(loaded.snapshots().samples, network.snapshots().samples)
