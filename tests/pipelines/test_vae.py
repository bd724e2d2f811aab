"""The variational autoencoder's bounds, against what is known exactly."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from sakon.pipelines.vae.config import Config
from sakon.pipelines.vae.layers import VariationalAutoencoder
from sakon.pipelines.vae.model import build
from sakon.pipelines.vae.nodes import importance_weighted, log_weights
from sakon.problem import Examples, InputSpec, Problem
from sakon.training.checkpoints import Checkpoints
from sakon.training.events import TrainingEvents
from sakon.training.fit import fit

PROBLEM = Problem(kind="tabular", target="y", seed=5)
WIDTH, LATENT, NOISE = 6, 2, 0.5
LOADINGS = np.random.default_rng(0).normal(size=(LATENT, WIDTH))
SPEC = InputSpec(kind="tabular", task="regression", shape=(WIDTH,), fingerprint="f")
CONFIG = Config(latent=LATENT, epochs=60, warm_up=5, batch_size=100, learning_rate=0.01, patience=60)


def drawn(rows: int, seed: int) -> Examples:
    """Draw from a linear-Gaussian model: x = z W + e."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, LATENT)) @ LOADINGS + NOISE * rng.normal(size=(rows, WIDTH))
    return Examples(x.astype(np.float32), np.zeros(rows, np.float32), np.arange(rows))


def linear(seed: int = 0) -> VariationalAutoencoder:
    keras.utils.set_random_seed(seed)
    x, code = keras.Input((WIDTH,)), keras.Input((LATENT,))
    statistics = keras.Model(x, keras.layers.Dense(2 * LATENT)(x))
    decoder = keras.Model(code, keras.layers.Dense(WIDTH)(code))
    model = VariationalAutoencoder(statistics, decoder, "gaussian", beta=1.0, warm_up=5, seed=0, name="vae")
    model.compile(keras.optimizers.Adam(0.01))
    return model


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("checkpoints")
    return fit(linear(), drawn(2000, 1), drawn(500, 2), SPEC, CONFIG, PROBLEM, Checkpoints(folder), TrainingEvents())[0]


def test_elbo_approaches_the_exact_likelihood(trained: Any) -> None:
    x = drawn(1000, 3).x
    exact = multivariate_normal(np.zeros(WIDTH), LOADINGS.T @ LOADINGS + NOISE**2 * np.eye(WIDTH)).logpdf(x).mean()
    found = log_weights(trained, x, samples=50, seed=0)
    untrained = log_weights(linear(), x, samples=50, seed=0)
    assert exact - 0.1 < found.mean() < exact + 0.01
    assert exact - 0.1 < importance_weighted(found).mean() < exact + 0.01
    assert untrained.mean() < exact - 1
    assert float(np.exp(trained.log_noise / 2)) == pytest.approx(NOISE, abs=0.03)


def test_importance_weighted_bound_is_above_and_tightens() -> None:
    spec = InputSpec(kind="image", task="classification", shape=(5, 7, 1), classes=(0, 1), fingerprint="f")
    model = build(spec, Config(latent=3, filters=(4, 8), likelihood="bernoulli"), PROBLEM)
    x = np.random.default_rng(1).random((40, 5, 7, 1)).astype(np.float32)
    found = log_weights(model, x, samples=256, seed=3)
    tightening = [importance_weighted(found.reshape(-1, k)).mean() for k in (1, 4, 16, 64, 256)]
    assert tightening == sorted(tightening)
    assert tightening[0] == pytest.approx(found.mean())
    assert tightening[-1] > tightening[0]


def test_bound_is_the_one_that_training_reports(trained: Any) -> None:
    held_out = drawn(500, 2)
    reported = trained.evaluate(held_out.x, held_out.y, batch_size=500, verbose=0, return_dict=True)
    assert reported["elbo"] == pytest.approx(log_weights(trained, held_out.x, 200, 0).mean(), abs=0.1)
    assert reported["loss"] == pytest.approx(-reported["elbo"], rel=1e-4)
    assert reported["elbo"] == pytest.approx(reported["log_likelihood"] - reported["divergence"], rel=1e-4)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_log_likelihood_is_that_of_the_distribution(likelihood: str) -> None:
    model = linear()
    model.settings["likelihood"] = likelihood
    model.log_noise.assign(np.log(0.3))
    rng = np.random.default_rng(4)
    decoded = rng.normal(size=(5, WIDTH)).astype(np.float32)
    if likelihood == "bernoulli":
        x = rng.integers(0, 2, size=(5, WIDTH)).astype(np.float32)
        p = 1 / (1 + np.exp(-decoded))
        expected = np.where(x == 1, np.log(p), np.log(1 - p)).sum(axis=1)
    else:
        x = rng.normal(size=(5, WIDTH)).astype(np.float32)
        expected = norm(decoded, np.sqrt(0.3)).logpdf(x).sum(axis=1)
    np.testing.assert_allclose(model.log_likelihood(x, decoded), expected, rtol=1e-4)


def test_divergence_weighs_nothing_at_first_and_beta_in_the_end() -> None:
    model = linear()
    model.prepare(drawn(20, 0), steps=4)
    weights = [float(model._warmth()) for _ in range(30)]
    assert weights[0] == pytest.approx(1 / 20)
    assert weights[19:] == pytest.approx([1.0] * 11)
