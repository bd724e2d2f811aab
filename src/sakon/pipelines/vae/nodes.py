"""What is the vae's own: its bounds, its latent space, what it makes up."""

from __future__ import annotations

from typing import Any

import numpy as np

from sakon.figures.generative import feature_distributions
from sakon.figures.images import image_grid
from sakon.lazy import Network, go
from sakon.models.predict import flatten
from sakon.models.predictions import mean_target
from sakon.problem import Examples, InputSpec, Problem

from . import figures
from .config import Config

CODES_AT_ONCE = 8192
MOST_EXAMPLES = 1000
SAMPLE_ROWS, SAMPLE_COLUMNS = 6, 12
MOST_DIRECTIONS, REACH, TRAVERSAL_STEPS = 10, 2.5, 11


def measure(network: Network, validation: Examples, config: Config, problem: Problem) -> dict[str, float]:
    """Return bounds of the log-likelihood of validation, in nats per example.

    Args:
        network: A trained vae.
        validation: Held-out examples.
        config: Gives the codes per example.
        problem: Gives the seed.

    Returns:
        `elbo`; `importance_weighted_bound` (Burda et al. 2016, arXiv 1509.00519, eq. 8), which is
        tighter; `active_units`: directions of the code that vary with the input (Burda et al., section
        5: a variance of the mean above 0.01).
    """
    weights = log_weights(network, validation.x, config.samples, problem.seed)
    means = np.asarray(network.encoder(validation.x))
    return {
        "elbo": float(weights.mean()),
        "importance_weighted_bound": float(importance_weighted(weights).mean()),
        "active_units": int((means.var(axis=0) > 0.01).sum()),
    }


def log_weights(network: Any, x: np.ndarray, samples: int, seed: int) -> np.ndarray:
    """Return the log-weights of codes drawn for every example, (rows, samples), in nats."""
    rng, found, at_once = np.random.default_rng(seed), [], max(1, CODES_AT_ONCE // samples)
    for start in range(0, len(x), at_once):
        rows = x[start : start + at_once]
        noise = rng.normal(size=(len(rows), samples, network.decoder.input_shape[-1])).astype(np.float32)
        found.append(np.asarray(network.log_weights(rows, noise)))
    return np.concatenate(found).astype(np.float64)


def importance_weighted(log_weights: np.ndarray) -> np.ndarray:
    """Return log(mean(weights)) of every example, (rows,), from log-weights (rows, samples)."""
    from scipy.special import logsumexp

    return np.asarray(logsumexp(log_weights, axis=1) - np.log(log_weights.shape[1]))


def draw_latent(network: Network, validation: Examples, input_spec: InputSpec, problem: Problem) -> go.Figure:
    """Draw the codes of validation examples on a plane, coloured by class or target.

    Codes of more than two directions are laid out by t-SNE (van der Maaten & Hinton 2008), which
    knows nothing of classes.
    """
    part = Examples(validation.x[:MOST_EXAMPLES], validation.y[:MOST_EXAMPLES], validation.row[:MOST_EXAMPLES])
    codes = np.asarray(network.encoder(part.x))
    return figures.latent_map(_on_a_plane(codes, problem.seed), mean_target(part.y), input_spec, codes.shape[1])


def draw_samples(network: Network, validation: Examples, input_spec: InputSpec, problem: Problem) -> go.Figure:
    """Draw inputs made up from the prior: images, or how a table's values are spread beside real ones."""
    count = SAMPLE_ROWS * SAMPLE_COLUMNS if len(input_spec.shape) == 3 else len(validation)
    made = np.asarray(network.decoded(_prior(network, count, problem.seed)))
    if len(input_spec.shape) == 3:
        grid = made.reshape(SAMPLE_ROWS, SAMPLE_COLUMNS, *input_spec.shape)
        title = f"{figures.FAMILY}: made up from the prior"
        return image_grid(list(grid), title, "Means of inputs for codes drawn at random.")
    return feature_distributions(figures.FAMILY, flatten(validation.x), flatten(made), input_spec.names)


def draw_traversal(network: Network, validation: Examples, input_spec: InputSpec) -> go.Figure:
    """Draw what happens as one direction of the code changes and the others stay at 0, most active first."""
    spread = np.asarray(network.encoder(validation.x)).std(axis=0)
    directions = np.argsort(-spread, kind="stable")[:MOST_DIRECTIONS]
    values = np.linspace(-REACH, REACH, TRAVERSAL_STEPS)
    codes = np.zeros((len(directions), len(values), len(spread)), np.float32)
    for row, direction in enumerate(directions):
        codes[row, :, direction] = values
    made = np.asarray(network.decoded(codes.reshape(-1, len(spread))))
    return figures.traversal(made.reshape(*codes.shape[:2], *input_spec.shape), directions, values, input_spec)


def _prior(network: Any, count: int, seed: int) -> np.ndarray:
    width = network.decoder.input_shape[-1]
    return np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)


def _on_a_plane(codes: np.ndarray, seed: int) -> np.ndarray:
    from sklearn.manifold import TSNE

    if codes.shape[1] <= 2 or len(codes) < 4:
        return np.pad(codes, ((0, 0), (0, 1)))[:, :2]
    return np.asarray(TSNE(perplexity=min(30, len(codes) / 4), random_state=seed).fit_transform(codes))
