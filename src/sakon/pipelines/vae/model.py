"""Builds the variational autoencoder: an encoder to a distribution of codes, a decoder to a distribution of inputs."""

from __future__ import annotations

from sakon.families import family_of
from sakon.layers.adapters import input_layer, is_grid
from sakon.layers.backbones import build_decoder, encode_features
from sakon.lazy import Network, keras
from sakon.problem import InputSpec, Problem
from sakon.training.compiling import adamw

from .config import Config


def build(input_spec: InputSpec, config: Config, problem: Problem) -> Network:
    """Return a compiled variational autoencoder; its `encoder` is a Keras model from inputs to the mean of the code.

    Args:
        input_spec: Shape of the inputs.
        config: Code, layers, likelihood, weight of the divergence.
        problem: Its seed, for initial weights and noise.
    """
    from .layers import VariationalAutoencoder

    keras.utils.set_random_seed(problem.seed)
    inputs = input_layer(input_spec)
    features = encode_features(inputs, input_spec, config.filters, config.units)
    statistics = keras.layers.Dense(2 * config.latent, name="statistics")(features)
    default_likelihood = "bernoulli" if is_grid(input_spec) else "gaussian"
    model = VariationalAutoencoder(
        keras.Model(inputs, statistics, name="statistics"),
        build_decoder(config.latent, input_spec, config.filters, config.units),
        default_likelihood if config.likelihood == "auto" else config.likelihood,
        config.beta,
        config.warm_up,
        problem.seed,
        name=family_of(__name__),
    )
    model.compile(adamw(config.learning_rate, config.weight_decay))
    return model
