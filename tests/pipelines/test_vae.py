"""The variational autoencoder's bounds, compared with closed forms."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from sakon.pipelines.vae.config import Config
from sakon.pipelines.vae.layers import VariationalAutoencoder
from sakon.pipelines.vae.model import build
from sakon.pipelines.vae.nodes import importance_weighted_bound, log_importance_weights
from sakon.problem import Examples, InputSpec, Problem
from sakon.training.checkpoints import Checkpoints
from sakon.training.events import TrainingEvents
from sakon.training.fit import fit

PROBLEM = Problem(kind="tabular", target="y", seed=5)
WIDTH, LATENT, NOISE = 6, 2, 0.5
LOADINGS = np.random.default_rng(0).normal(size=(LATENT, WIDTH))
SPEC = InputSpec(kind="tabular", task="regression", shape=(WIDTH,), fingerprint="f")
CONFIG = Config(latent=LATENT, epochs=60, warm_up=5, batch_size=100, learning_rate=0.01, patience=60)


def make_examples(rows: int, seed: int) -> Examples:
    """Return examples drawn from a linear-Gaussian model: x = z W + e."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, LATENT)) @ LOADINGS + NOISE * rng.normal(size=(rows, WIDTH))
    return Examples(x.astype(np.float32), np.zeros(rows, np.float32), np.arange(rows))


def linear_vae(seed: int = 0) -> VariationalAutoencoder:
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
    train, validation = make_examples(2000, 1), make_examples(500, 2)
    checkpoints, events = Checkpoints(folder), TrainingEvents()
    return fit(linear_vae(), train, validation, SPEC, CONFIG, PROBLEM, checkpoints, events)[0]


def test_elbo_approaches_the_exact_likelihood(trained: Any) -> None:
    x = make_examples(1000, 3).x
    exact = multivariate_normal(np.zeros(WIDTH), LOADINGS.T @ LOADINGS + NOISE**2 * np.eye(WIDTH)).logpdf(x).mean()
    log_weights = log_importance_weights(trained, x, samples=50, seed=0)
    untrained = log_importance_weights(linear_vae(), x, samples=50, seed=0)
    assert exact - 0.1 < log_weights.mean() < exact + 0.01
    assert exact - 0.1 < importance_weighted_bound(log_weights).mean() < exact + 0.01
    assert untrained.mean() < exact - 1
    assert float(np.exp(trained.noise_log_variance / 2)) == pytest.approx(NOISE, abs=0.03)


def test_importance_weighted_bound_is_above_elbo_and_rises_with_samples() -> None:
    spec = InputSpec(kind="image", task="classification", shape=(5, 7, 1), classes=(0, 1), fingerprint="f")
    model = build(spec, Config(latent=3, filters=(4, 8), likelihood="bernoulli"), PROBLEM)
    x = np.random.default_rng(1).random((40, 5, 7, 1)).astype(np.float32)
    log_weights = log_importance_weights(model, x, samples=256, seed=3)
    bounds = [importance_weighted_bound(log_weights.reshape(-1, k)).mean() for k in (1, 4, 16, 64, 256)]
    assert bounds == sorted(bounds)
    assert bounds[0] == pytest.approx(log_weights.mean())
    assert bounds[-1] > bounds[0]


def test_bound_equals_the_elbo_of_evaluate(trained: Any) -> None:
    validation = make_examples(500, 2)
    reported = trained.evaluate(validation.x, validation.y, batch_size=500, verbose=0, return_dict=True)
    assert reported["elbo"] == pytest.approx(log_importance_weights(trained, validation.x, 200, 0).mean(), abs=0.1)
    assert reported["loss"] == pytest.approx(-reported["elbo"], rel=1e-4)
    assert reported["elbo"] == pytest.approx(reported["log_likelihood"] - reported["divergence"], rel=1e-4)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_log_likelihood_equals_scipy(likelihood: str) -> None:
    model = linear_vae()
    model.likelihood = likelihood
    model.noise_log_variance.assign(np.log(0.3))
    rng = np.random.default_rng(4)
    decoder_output = rng.normal(size=(5, WIDTH)).astype(np.float32)
    if likelihood == "bernoulli":
        x = rng.integers(0, 2, size=(5, WIDTH)).astype(np.float32)
        p = 1 / (1 + np.exp(-decoder_output))
        expected = np.where(x == 1, np.log(p), np.log(1 - p)).sum(axis=1)
    else:
        x = rng.normal(size=(5, WIDTH)).astype(np.float32)
        expected = norm(decoder_output, np.sqrt(0.3)).logpdf(x).sum(axis=1)
    np.testing.assert_allclose(model.log_likelihood(x, decoder_output), expected, rtol=1e-4)


def test_warm_up_factor_rises_from_0_to_1() -> None:
    model = linear_vae()
    model.prepare(make_examples(20, 0), steps=4)
    factors = [float(model._next_warm_up_factor()) for _ in range(30)]
    assert factors[0] == pytest.approx(1 / 20)
    assert factors[19:] == pytest.approx([1.0] * 11)
