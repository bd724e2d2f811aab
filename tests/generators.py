"""What the tests of families that draw samples share: small networks, and a training cut short."""

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
FORMS = [
    ((8, 8, 1), "classification"),
    ((5, 3, 3), "regression"),
    ((17, 21, 3), "classification"),
    ((40, 33, 1), "regression"),
    ((5, 2), "classification"),
    ((5, 2), "regression"),
    ((1,), "classification"),
    ((1,), "regression"),
]


def part(seed: int, rows: int = 60) -> Examples:
    x = np.random.default_rng(seed).normal(size=(rows, 4)).astype(np.float32)
    return Examples(x=x, y=(x[:, 0] > 0).astype(np.int32), row=np.arange(rows))


def of_shape(shape: tuple[int, ...], task: str) -> InputSpec:
    kind = "image" if len(shape) == 3 else "tabular"
    return InputSpec(kind=kind, task=task, shape=shape, classes=("a", "b", "c") if task == "classification" else ())


def trained(
    build: Callable[..., Any], config: Any, folder: Path, rows: int = 60, events: TrainingEvents | None = None
) -> tuple[Any, pd.DataFrame]:
    context = (TABLE, config, PROBLEM, Checkpoints(folder), events or TrainingEvents())
    network, history, _ = fit(build(TABLE, config, PROBLEM), part(0, rows), part(1, rows), *context)
    return network, history


def check_resumed_equals_undisturbed(
    build: Callable[..., Any], config: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []

    def learn(states: Path, events: TrainingEvents) -> resuming.Trained:
        network, history = trained(build, config, states, events=events)
        made.append(network)
        return network.get_weights(), history

    resuming.check_resumed_equals_undisturbed(learn, folder, monkeypatch)
    whole, resumed = made
    assert whole.progress()[0]
    assert resumed.progress()[0] == whole.progress()[0]


def check_draws_after_loading(build: Callable[..., Any], config: Any, spec: InputSpec, folder: Path) -> None:
    """A network draws the right shape and range, and the same once saved and loaded."""
    network = build(spec, config, PROBLEM)
    rng = np.random.default_rng(0)
    rows = 6
    y = rng.integers(3, size=rows).astype(np.int32) if spec.classes else rng.normal(size=rows).astype(np.float32)
    given = Examples(rng.random((rows, *spec.shape)).astype(np.float32), y, np.arange(rows))
    network, _, _ = fit(network, given, given, spec, config, PROBLEM, Checkpoints(folder / "states"), TrainingEvents())
    drawn = network.sample(y, seed=1)
    assert drawn.shape == given.x.shape
    assert np.isfinite(drawn).all()
    if len(spec.shape) == 3:
        assert drawn.min() >= 0
        assert drawn.max() <= 1
    dataset = ModelDataset(filepath=str(folder / "network"))
    dataset.save(network)
    loaded = dataset.load()
    assert loaded.name == network.name
    np.testing.assert_allclose(loaded.sample(y, seed=1), drawn, atol=1e-6)
    np.testing.assert_array_equal(loaded.progress()[2], network.progress()[2])
