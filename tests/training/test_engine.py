"""Examples that do not fit on the device train a network to the same weights."""

from __future__ import annotations

import numpy as np
import pytest

from sakon.pipelines.mlp.config import Config
from sakon.pipelines.mlp.model import build
from sakon.problem import Examples, InputSpec, Problem
from sakon.training import engine
from sakon.training.batches import shuffled_steps
from sakon.training.engine import DeviceExamples, Engine

PROBLEM = Problem(kind="tabular", target="y", seed=3)
SPEC = InputSpec(kind="tabular", task="classification", shape=(4,), classes=(0, 1), fingerprint="f")
X = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
EXAMPLES = Examples(x=X, y=(X[:, 0] > 0).astype(np.int32), row=np.arange(50))


def train(columns: DeviceExamples) -> tuple[list[np.ndarray], dict[str, float]]:
    # On PyTorch the masks of dropout depend on how many steps run at once.
    model = build(SPEC, Config(units=(8,), dropout=0), PROBLEM)
    metrics = Engine(model).train(columns, [shuffled_steps(50, 4, 0, 0, 12)])
    return model.get_weights(), metrics


def test_streamed_examples_give_the_same_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "STREAMED_STEPS", 5)
    resident, streamed = DeviceExamples(EXAMPLES), DeviceExamples(EXAMPLES, max_bytes=0)
    assert resident.is_resident
    assert not streamed.is_resident
    (weights, metrics), (others, other_metrics) = train(resident), train(streamed)
    assert metrics == other_metrics
    for ours, theirs in zip(weights, others, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(("share", "is_resident"), [(1.0, True), (0.9, False)])
def test_the_free_memory_of_the_device_decides(
    monkeypatch: pytest.MonkeyPatch, share: float, is_resident: bool
) -> None:
    size = EXAMPLES.x.nbytes + EXAMPLES.y.nbytes
    monkeypatch.setattr(engine.backend(), "free_memory", lambda: share * size / engine.MAX_RESIDENT_SHARE)
    assert DeviceExamples(EXAMPLES).is_resident is is_resident
