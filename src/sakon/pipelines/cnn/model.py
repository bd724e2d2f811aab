"""A residual convolutional network."""

from __future__ import annotations

from sakon.families import family_of
from sakon.layers.adapters import (
    batch_normalization,
    input_layer,
    is_grid,
    sequence_input,
    with_output_layer,
    with_step_outputs,
)
from sakon.layers.residual import image_features, residual_block
from sakon.lazy import Network, keras
from sakon.problem import InputSpec, Problem
from sakon.training.compiling import adamw, compile_for_task

from .config import Config


def build(input_spec: InputSpec, config: Config, problem: Problem) -> Network:
    """Return a compiled convolutional network for images or sequences.

    Args:
        input_spec: Inputs and outputs of the model.
        config: Filters, kernel, dropout, shift.
        problem: Its seed, which the initial weights depend on.

    Example:
        >>> model = build(input_spec, Config(filters=(16, 32)), problem)
    """
    keras.utils.set_random_seed(problem.seed)
    optimizer = adamw(config.learning_rate, config.weight_decay)
    if is_grid(input_spec):
        inputs = input_layer(input_spec)
        x = _image_blocks(inputs, config)
    else:
        inputs, x = sequence_input(input_spec, config.embedding)
        x = _sequence_blocks(x, config)
        if input_spec.horizon:
            x = keras.layers.Dropout(config.dropout, name="dropout")(x)
            return compile_for_task(
                with_step_outputs(inputs, x, input_spec, name=family_of(__name__)), input_spec, optimizer
            )
        # The position of a token does not matter; that of a feature or time step does.
        pool = keras.layers.GlobalMaxPooling1D if input_spec.vocabulary else keras.layers.Flatten
        x = pool(name="features")(x)
    x = keras.layers.Dropout(config.dropout, name="dropout")(x)
    return compile_for_task(with_output_layer(inputs, x, input_spec, name=family_of(__name__)), input_spec, optimizer)


def _image_blocks(x: keras.KerasTensor, config: Config) -> keras.KerasTensor:
    if config.shift:
        x = keras.layers.RandomTranslation(config.shift, config.shift, fill_mode="constant", name="shift")(x)
    return image_features(x, config.filters, config.kernel_size)


def _sequence_blocks(x: keras.KerasTensor, config: Config) -> keras.KerasTensor:
    x = keras.layers.Conv1D(config.filters[0], config.kernel_size, padding="causal", name="first_filters")(x)
    for number, filters in enumerate(config.filters, start=1):
        arguments = {"kernel_size": config.kernel_size, "padding": "causal", "dilation_rate": 2 ** (number - 1)}
        x = residual_block(x, keras.layers.Conv1D, filters, f"block_{number}", **arguments)
    return keras.layers.Activation("relu", name="last_maps")(batch_normalization(x, "last_normalisation"))
