"""A residual convolutional network."""

from __future__ import annotations

from sakon.families import family_of
from sakon.families.compiling import compiled
from sakon.families.residual import image_features, residual
from sakon.families.stems import inputs_for, is_grid, normalised, sequence_for, with_head, with_step_head
from sakon.lazy import Network, keras
from sakon.problem import InputSpec, Problem

from .config import Config


def build(input_spec: InputSpec, config: Config, problem: Problem) -> Network:
    """Return a compiled convolutional network for images or sequences.

    Args:
        input_spec: What the model reads and answers.
        config: Filters, kernel, dropout, shift.
        problem: Gives the seed of the initial weights.

    Example:
        >>> model = build(input_spec, Config(filters=(16, 32)), problem)
    """
    keras.utils.set_random_seed(problem.seed)
    if is_grid(input_spec):
        inputs = inputs_for(input_spec)
        x = _image_blocks(inputs, config)
    else:
        inputs, x = sequence_for(input_spec, config.embedding)
        x = _sequence_blocks(x, config)
        if input_spec.horizon:
            x = keras.layers.Dropout(config.dropout, name="dropout")(x)
            return compiled(with_step_head(inputs, x, input_spec, name=family_of(__name__)), input_spec, config)
        # A word counts wherever it stands; what a feature says depends on its place.
        pool = keras.layers.GlobalMaxPooling1D if input_spec.vocabulary else keras.layers.Flatten
        x = pool(name="features")(x)
    x = keras.layers.Dropout(config.dropout, name="dropout")(x)
    return compiled(with_head(inputs, x, input_spec, name=family_of(__name__)), input_spec, config)


def _image_blocks(x: keras.KerasTensor, config: Config) -> keras.KerasTensor:
    if config.shift:
        x = keras.layers.RandomTranslation(config.shift, config.shift, fill_mode="constant", name="shift")(x)
    return image_features(x, config.filters, config.kernel_size)


def _sequence_blocks(x: keras.KerasTensor, config: Config) -> keras.KerasTensor:
    x = keras.layers.Conv1D(config.filters[0], config.kernel_size, padding="causal", name="first_filters")(x)
    for number, filters in enumerate(config.filters, start=1):
        reach = {"kernel_size": config.kernel_size, "padding": "causal", "dilation_rate": 2 ** (number - 1)}
        x = residual(x, keras.layers.Conv1D, filters, f"block_{number}", **reach)
    return keras.layers.Activation("relu", name="last_maps")(normalised(x, "last_normalisation"))
