"""A dense network."""

from __future__ import annotations

from sakon.families import family_of
from sakon.layers.adapters import as_vector, batch_normalization, input_layer, with_output_layer
from sakon.lazy import Network, keras
from sakon.problem import InputSpec, Problem
from sakon.training.compiling import compile_for_task

from .config import Config


def build(input_spec: InputSpec, config: Config, problem: Problem) -> Network:
    """Return a compiled dense network: each hidden layer has batch normalisation, ReLU and dropout.

    Args:
        input_spec: Inputs and outputs of the model.
        config: Widths and dropout.
        problem: Its seed, which the initial weights depend on.

    Example:
        >>> model = build(input_spec, Config(units=(64,)), problem)
    """
    keras.utils.set_random_seed(problem.seed)
    inputs = input_layer(input_spec)
    x = as_vector(inputs)
    for number, units in enumerate(config.units, start=1):
        x = keras.layers.Dense(units, use_bias=False, name=f"dense_{number}")(x)
        x = batch_normalization(x, f"normalisation_{number}")
        x = keras.layers.Activation("relu", name=f"hidden_{number}")(x)
        x = keras.layers.Dropout(config.dropout, name=f"dropout_{number}")(x)
    return compile_for_task(with_output_layer(inputs, x, input_spec, name=family_of(__name__)), input_spec, config)
