"""Bounds of the likelihood, latent space and samples of the variational autoencoder."""

from __future__ import annotations

import numpy as np

from sakon.figures.generative import feature_distributions
from sakon.figures.images import image_grid
from sakon.lazy import Network, go
from sakon.models.predict import flatten
from sakon.models.predictions import mean_target
from sakon.problem import Examples, InputSpec, Problem

from . import figures
from .config import Config

CODES_PER_BATCH = 8192
MAX_EXAMPLES = 1000
SAMPLE_ROWS, SAMPLE_COLUMNS = 6, 12
MAX_DIMENSIONS = 10
MAX_CODE_VALUE, TRAVERSAL_STEPS = 2.5, 11
ACTIVE_VARIANCE = 0.01


def measure_bounds(network: Network, validation: Examples, config: Config, problem: Problem) -> dict[str, float]:
    """Return lower bounds of the log-likelihood of the validation examples, in nats per example.

    Args:
        network: Trained variational autoencoder.
        validation: Validation examples.
        config: Number of codes per example.
        problem: Its seed.

    Returns:
        `elbo`; `importance_weighted_bound` (Burda et al. 2016, arXiv 1509.00519, eq. 8), which is tighter;
        `active_units`: number of latent dimensions whose mean varies with the input by more than 0.01 (variance;
        Burda et al., section 5).
    """
    log_weights = log_importance_weights(network, validation.x, config.samples, problem.seed)
    means = np.asarray(network.encoder(validation.x))
    return {
        "elbo": float(log_weights.mean()),
        "importance_weighted_bound": float(importance_weighted_bound(log_weights).mean()),
        "active_units": int((means.var(axis=0) > ACTIVE_VARIANCE).sum()),
    }


def log_importance_weights(network: Network, x: np.ndarray, samples: int, seed: int) -> np.ndarray:
    """Return the log-weights of codes drawn for every example, (rows, samples), in nats."""
    rng, batches, batch_size = np.random.default_rng(seed), [], max(1, CODES_PER_BATCH // samples)
    for start in range(0, len(x), batch_size):
        batch = x[start : start + batch_size]
        noise = rng.normal(size=(len(batch), samples, network.decoder.input_shape[-1])).astype(np.float32)
        batches.append(np.asarray(network.log_importance_weights(batch, noise)))
    return np.concatenate(batches).astype(np.float64)


def importance_weighted_bound(log_weights: np.ndarray) -> np.ndarray:
    """Return log(mean(weights)) of every example, (rows,), from log-weights (rows, samples)."""
    from scipy.special import logsumexp

    return np.asarray(logsumexp(log_weights, axis=1) - np.log(log_weights.shape[1]))


def draw_latent(network: Network, validation: Examples, input_spec: InputSpec, problem: Problem) -> go.Figure:
    """Draw the codes of validation examples in two dimensions, coloured by class or target.

    Codes of more than two dimensions are projected by t-SNE (van der Maaten & Hinton 2008), which does not use the
    classes.
    """
    x, y = validation.x[:MAX_EXAMPLES], validation.y[:MAX_EXAMPLES]
    codes = np.asarray(network.encoder(x))
    return figures.latent_space(_project_to_plane(codes, problem.seed), mean_target(y), input_spec, codes.shape[1])


def draw_samples(network: Network, validation: Examples, input_spec: InputSpec, problem: Problem) -> go.Figure:
    """Draw inputs decoded from codes of the prior: images, or the distributions of features next to real ones."""
    count = SAMPLE_ROWS * SAMPLE_COLUMNS if len(input_spec.shape) == 3 else len(validation)
    samples = np.asarray(network.decode(_sample_prior(network, count, problem.seed)))
    if len(input_spec.shape) == 3:
        grid = samples.reshape(SAMPLE_ROWS, SAMPLE_COLUMNS, *input_spec.shape)
        title = f"{figures.FAMILY}: samples from the prior"
        return image_grid(list(grid), title, "Mean images of random codes.")
    return feature_distributions(figures.FAMILY, flatten(validation.x), flatten(samples), input_spec.names)


def draw_traversal(network: Network, validation: Examples, input_spec: InputSpec) -> go.Figure:
    """Draw decoded inputs while one latent dimension varies and the others stay at 0, most active dimension first."""
    deviations = np.asarray(network.encoder(validation.x)).std(axis=0)
    dimensions = np.argsort(-deviations, kind="stable")[:MAX_DIMENSIONS]
    values = np.linspace(-MAX_CODE_VALUE, MAX_CODE_VALUE, TRAVERSAL_STEPS)
    codes = np.zeros((len(dimensions), len(values), len(deviations)), np.float32)
    for row, dimension in enumerate(dimensions):
        codes[row, :, dimension] = values
    decoded = np.asarray(network.decode(codes.reshape(-1, len(deviations))))
    return figures.traversal(decoded.reshape(*codes.shape[:2], *input_spec.shape), dimensions, values, input_spec)


def _sample_prior(network: Network, count: int, seed: int) -> np.ndarray:
    width = network.decoder.input_shape[-1]
    return np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)


def _project_to_plane(codes: np.ndarray, seed: int) -> np.ndarray:
    from sklearn.manifold import TSNE

    if codes.shape[1] <= 2 or len(codes) < 4:
        return np.pad(codes, ((0, 0), (0, 1)))[:, :2]
    return np.asarray(TSNE(perplexity=min(30, len(codes) / 4), random_state=seed).fit_transform(codes))
