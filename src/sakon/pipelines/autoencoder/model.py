"""Builds the autoencoder: an encoder, a bottleneck, a decoder."""

from __future__ import annotations

from sakon.families import family_of
from sakon.layers.adapters import input_layer
from sakon.layers.backbones import build_decoder, encode_features
from sakon.lazy import Network, keras
from sakon.problem import InputSpec, Problem
from sakon.training.compiling import adamw

from .config import Config


def build(input_spec: InputSpec, config: Config, problem: Problem) -> Network:
    """Return a compiled autoencoder; its `encoder` is a Keras model from inputs to the bottleneck.

    Args:
        input_spec: Shape of the inputs.
        config: Bottleneck, layers and noise.
        problem: Its seed, for initial weights and noise.
    """
    from .layers import Autoencoder

    keras.utils.set_random_seed(problem.seed)
    inputs = input_layer(input_spec)
    features = encode_features(inputs, input_spec, config.filters, config.units)
    code = keras.layers.Dense(config.latent, name="bottleneck")(features)
    model = Autoencoder(
        keras.Model(inputs, code, name="encoder"),
        build_decoder(config.latent, input_spec, config.filters, config.units),
        config.noise,
        problem.seed,
        name=family_of(__name__),
    )
    model.compile(adamw(config.learning_rate, config.weight_decay))
    return model
