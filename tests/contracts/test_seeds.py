"""Every family trained for several seeds at once: seed k equals a training of its own. Families are discovered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from conftest import Trained
from coverage_pauses import without_coverage
from fabricate import BY_NAME
from family_training import prepare, small_config

from sakon import families
from sakon.training.checkpoints import Checkpoints
from sakon.training.data import TrainingData
from sakon.training.events import TrainingEvents
from sakon.training.fit import prepare as prepare_network
from sakon.training.seeds import fit_seeds

OTHER_SEED = 11
IS_JAX = keras.backend.backend() == "jax"
ROUNDING = {"rtol": 1e-2, "atol": 1e-3} if IS_JAX else {"rtol": 0, "atol": 0}
"""On JAX sums over several seeds are added up in another order; sums of terms that cancel differ relatively more."""
CASE = BY_NAME["tabular_regression" if IS_JAX else "image_regression"]
"""On JAX networks with convolutions, as those of images, are trained one after the other."""


@pytest.mark.parametrize("trained_project", [CASE], ids=[CASE.name], indirect=True)
@pytest.mark.parametrize("family", families.trainable())
def test_a_seed_of_a_joint_training_equals_a_training_of_its_own(family: str, trained: Trained, tmp_path: Path) -> None:
    build, problem, config = families.get(family).build, CASE.problem, small_config(family)
    assert build is not None
    data: tuple[Any, ...] = (*prepare(CASE), config, problem)
    with without_coverage():
        seeds = (OTHER_SEED, problem.seed)  # the functions are compiled for the first
        _, joint = fit_seeds(build, seeds, *data, Checkpoints(tmp_path), TrainingEvents(family))
    np.testing.assert_allclose(joint.history.to_numpy(), trained.history.to_numpy(), **ROUNDING)
    for ours, theirs in zip(joint.network.get_weights(), trained.network.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, **ROUNDING)
    network = build(data[2], config, problem)
    key = prepare_network(network, TrainingData.create(network, *data), *data[2:])
    assert Checkpoints(tmp_path).latest(key) is not None, "its checkpoints are not those of a training of its own"
