"""Every family trained for several seeds at once: seed k equals a training of its own. Families are discovered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from coverage_pauses import without_coverage
from fabricate import BY_NAME
from family_training import prepare, small_config

from sakon import families
from sakon.problem import Examples
from sakon.training.checkpoints import Checkpoints
from sakon.training.events import TrainingEvents
from sakon.training.fit import fit
from sakon.training.seeds import fit_seeds

FIRST_SEED, SEED, ROWS = 11, 12, 64
IS_JAX = keras.backend.backend() == "jax"
ROUNDING = {"rtol": 1e-2, "atol": 1e-3} if IS_JAX else {"rtol": 0, "atol": 0}
"""On JAX sums over several seeds are added up in another order; sums of terms that cancel differ relatively more."""
CASE = BY_NAME["tabular_regression" if IS_JAX else "image_classification"]
"""On JAX networks with convolutions, as those of images, are trained one after the other."""


def first_rows(examples: Examples) -> Examples:
    tokens = None if examples.tokens is None else examples.tokens[:ROWS]
    return Examples(examples.x[:ROWS], examples.y[:ROWS], examples.row[:ROWS], tokens=tokens)


@pytest.mark.parametrize("family", families.trainable())
def test_a_seed_of_a_joint_training_equals_a_training_of_its_own(family: str, tmp_path: Path) -> None:
    build, problem = families.get(family).build, CASE.problem.model_copy(update={"seed": SEED})
    assert build is not None
    train, validation, input_spec = prepare(CASE)
    config = small_config(family).model_copy(update={"epochs": 2, "batch_size": 16})
    data: tuple[Any, ...] = (first_rows(train), first_rows(validation), input_spec, config)
    with without_coverage():
        network = build(input_spec, config, problem)
        alone, history, _ = fit(network, *data, problem, Checkpoints(tmp_path / "alone"), TrainingEvents())
        context = (*data, problem, Checkpoints(tmp_path / "joint"), TrainingEvents(family))
        _, joint = fit_seeds(build, (FIRST_SEED, SEED), *context)
    np.testing.assert_allclose(joint.history.to_numpy(), history.to_numpy(), **ROUNDING)
    for ours, theirs in zip(joint.network.variables, alone.variables, strict=True):
        np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), **ROUNDING)
    keys = [{path.name for path in (tmp_path / folder).glob("epoch_000002.*")} for folder in ("alone", "joint")]
    assert keys[0] < keys[1], "its checkpoints are not those of a training of its own"
